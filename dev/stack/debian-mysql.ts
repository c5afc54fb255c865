import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

import { ChangeoverError } from '../../src/core/index.ts'
import { fillOnce } from './fill-once.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'
import type { Command } from './supervised.ts'

/** Part of the folder's name: raise it to fetch the packages again. */
const EDITION = 'debian-sid-1'

/**
 * Downloads Debian's packages of the MySQL server and everything they depend on, and unpacks them into the folder $1. Nothing is
 * installed: apt uses its own lists and its own cache here. Debian has MySQL only in `sid`, whatever the suite of the machine, so
 * the server runs with the loader and the C library that come with it.
 */
const FETCH = `
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages"
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] \${mirror:-http://deb.debian.org/debian} sid main" > "$work/sources.list"
set -- -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" \\
  -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root
apt-get "$@" update
names=$(apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \\
  mysql-server-core | grep '^[a-z0-9]' | grep -v -E '^(lib)?perl' | sort -u)
cd "$work/packages"
apt-get "$@" download $names
for package in *.deb; do dpkg -x "$package" "$root"; done
for link in lib lib64; do [ -e "$root/$link" ] || ln -s "usr/$link" "$root/$link"; done
`

/** A MySQL server that was unpacked and not installed: the command that runs it, and its base folder. */
export interface UnpackedMysql {
  readonly command: Command
  readonly basedir: string
}

/** A real MySQL from Debian's packages, on a Debian machine and as root; undefined elsewhere. Takes about 10 s the first time. */
export async function unpackMysql({ machine, say, signal }: Context): Promise<UnpackedMysql | undefined> {
  const isDebian = existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')
  const hasTools = machine.which('apt-get') !== undefined && machine.which('dpkg') !== undefined
  if (!machine.isRoot || !isDebian || !hasTools) return undefined
  const home = join(machine.cache, `mysql-${EDITION}`)
  if (!existsSync(home)) say(`mysql    unpacking mysql-server-core from Debian's packages into ${home} (only once)`)
  try {
    const fill = (folder: string) => run('/bin/sh', ['-c', FETCH, 'fetch', folder], { env: machine.env, signal })
    await fillOnce(home, () => existsSync(home), fill, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw new ChangeoverError(
      'CONFIG',
      'MySQL was not found, and its packages could not be downloaded from the Debian mirror of this machine.',
      {
        remedy: 'Install MySQL (mysqld) yourself, or set MYSQL_URL.',
        cause: thrown,
      },
    )
  }
  const [loader] = globSync(join(home, 'usr/lib/*-linux-gnu*/ld-linux*.so*'))
  if (loader === undefined)
    throw new ChangeoverError('CONFIG', `${home} contains no program loader.`, {
      remedy: `Remove ${home} and try again.`,
    })
  const basedir = join(home, 'usr')
  return { command: [loader, '--library-path', join(loader, '..'), join(basedir, 'sbin/mysqld')], basedir }
}
