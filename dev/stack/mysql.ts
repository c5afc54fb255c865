import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { createConnection } from 'mysql2/promise'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { installMariadb } from './apt.ts'
import { mustListen } from './given.ts'
import { launch } from './launch.ts'
import { run } from './run.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'

const REMEDY =
  'Install it (apt-get install mariadb-server, or brew install mariadb), or run ' +
  '`docker compose -f dev/stack/compose.yaml up -d --wait mysql` and set MYSQL_URL=mysql://root@127.0.0.1:3306.'

export async function findMysql(context: Context): Promise<Running<string>> {
  const { machine, signal } = context
  const url = machine.env.MYSQL_URL
  if (url) {
    await mustListen('MYSQL_URL', url, 3306, signal)
    return given(url, 'MYSQL_URL', redactUrl(url))
  }
  const program = machine.which('mariadbd', 'mysqld') ?? (await installMariadb(context))
  if (program !== undefined) return runMysql(program, context)
  throw new ChangeoverError(
    'CONFIG',
    'MySQL was not found: install MariaDB (mariadbd) or MySQL (mysqld), or set MYSQL_URL.',
    { remedy: REMEDY },
  )
}

async function runMysql(program: string, { machine, signal }: Context): Promise<Running<string>> {
  const { env } = machine
  const version = await run(program, ['--no-defaults', '--version'], { env, signal })
  const isMaria = /mariadb/i.test(version)
  const user = machine.isRoot ? serverUser() : undefined
  const as = user === undefined ? [] : [`--user=${user.name}`]
  const what = `${isMaria ? 'mariadbd' : 'mysqld'} ${/Ver ([\d.]+)/.exec(version)?.[1] ?? ''} at ${program}`
  const installDb = machine.which('mariadb-install-db', 'mysql_install_db') ?? 'mariadb-install-db'

  const create = (data: string): Command =>
    isMaria
      ? [installDb, '--no-defaults', ...as, data, '--auth-root-authentication-method=normal', '--skip-test-db']
      : [program, '--no-defaults', ...as, data, '--initialize-insecure']
  const serve = (folder: string, data: string, port: number): Command => [
    program,
    '--no-defaults',
    ...as,
    data,
    `--socket=${join(folder, 's')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    // The data is temporary, so it need not survive a crash of the machine.
    '--innodb-flush-log-at-trx-commit=2',
    '--innodb-buffer-pool-size=256M',
    '--skip-log-bin',
    ...(isMaria ? [] : ['--mysqlx=OFF']),
  ]
  const steps = (folder: string, port: number) => {
    const data = `--datadir=${join(folder, 'data')}`
    return [create(data), serve(folder, data, port)]
  }

  const recipe = { name: 'mysql', what, remedy: REMEDY, env, owner: user?.uid, steps, ping }
  const { port, stop } = await launch(recipe, signal)
  return { value: `mysql://root@127.0.0.1:${port}`, why: `${what}, private data folder (no MYSQL_URL)`, stop }
}

async function ping(port: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 })
  await connection.ping()
  await connection.end()
}

/** The servers refuse to run as root unless told to; packages create a user for them. */
function serverUser(): { name: string; uid: number } {
  try {
    return { name: 'mysql', uid: Number(execFileSync('id', ['-u', 'mysql'], { stdio: ['ignore', 'pipe', 'ignore'] })) }
  } catch {
    return { name: 'root', uid: 0 }
  }
}
