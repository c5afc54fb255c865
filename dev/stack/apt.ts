import { ChangeoverError } from '../../src/core/index.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'

/**
 * `policy-rc.d` is Debian's way to keep an installation from starting a service. The shell removes it, because the shell survives
 * when its parent is killed; a file that was there before stays.
 */
const INSTALL = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends mariadb-server
`

/** Installs MariaDB from the packages of Debian or Ubuntu, as root only. Returns the path of the server. */
export async function installMariadb({ machine, say, signal }: Context): Promise<string | undefined> {
  if (!machine.isRoot || machine.which('apt-get') === undefined) return undefined
  say('mysql    installing mariadb-server from the system packages (only once)')
  try {
    await run('/bin/sh', ['-c', INSTALL], { env: { ...machine.env, DEBIAN_FRONTEND: 'noninteractive' }, signal })
  } catch (thrown) {
    signal.throwIfAborted()
    throw new ChangeoverError('CONFIG', 'MySQL was not found, and apt-get could not install mariadb-server.', {
      remedy: 'Install MariaDB or MySQL yourself, or set MYSQL_URL.',
      cause: thrown,
    })
  }
  return machine.which('mariadbd', 'mysqld')
}
