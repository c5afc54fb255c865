import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { createConnection } from 'mysql2/promise'

import { launch, type Recipe } from './launch.ts'
import { run } from './run.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'

/** The two engines that the package supports. */
export type Engine = 'MariaDB' | 'MySQL'

/** A server program, and the engine that it reports. */
export interface ServerProgram {
  readonly engine: Engine
  /** `mariadbd 10.11.19 at /usr/sbin/mariadbd` */
  readonly what: string
  readonly command: Command
  /** The folder with its messages and plugins, if it does not find that itself. */
  readonly basedir: string | undefined
}

/** Asks a program for its engine and version. */
export async function identify(
  command: Command,
  { machine, signal }: Context,
  basedir?: string,
): Promise<ServerProgram> {
  const [program, ...args] = command
  const version = await run(program, [...args, '--no-defaults', '--version'], { env: machine.env, signal })
  const engine = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL'
  const name = engine === 'MariaDB' ? 'mariadbd' : 'mysqld'
  const what = `${name} ${/Ver ([\d.]+)/.exec(version)?.[1] ?? ''} at ${command.at(-1) ?? program}`
  return { engine, what, command, basedir }
}

interface RunOptions {
  readonly remedy: string
  readonly why: string
  /** @defaultValue no binary log */
  readonly settings?: readonly string[]
}

/** Runs a server on a free loopback port, with its own data folder. */
export async function runServer(
  { engine, what, command, basedir }: ServerProgram,
  { machine, signal }: Context,
  { remedy, why, revives, settings = ['--skip-log-bin'] }: RunOptions & Pick<Recipe, 'revives'>,
): Promise<Running<string>> {
  const { env } = machine
  // Only root can read what was unpacked into its cache.
  const user = machine.isRoot ? (basedir === undefined ? packagedUser() : ROOT) : undefined
  const common = [
    '--no-defaults',
    ...(user === undefined ? [] : [`--user=${user.name}`]),
    ...(basedir === undefined ? [] : [`--basedir=${basedir}`]),
  ]
  const installDb = machine.which('mariadb-install-db', 'mysql_install_db') ?? 'mariadb-install-db'

  const create = (data: string): Command =>
    engine === 'MariaDB'
      ? [installDb, ...common, data, '--auth-root-authentication-method=normal', '--skip-test-db']
      : [...command, ...common, data, '--initialize-insecure']
  const serve = (folder: string, data: string, port: number): Command => [
    ...command,
    ...common,
    data,
    `--socket=${join(folder, 's')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    // The data is temporary, so it need not survive a crash of the machine.
    '--innodb-flush-log-at-trx-commit=2',
    '--innodb-buffer-pool-size=256M',
    ...settings,
    ...(engine === 'MariaDB' ? [] : ['--mysqlx=OFF', '--secure-file-priv=NULL']),
  ]
  const steps = (folder: string, port: number): readonly Command[] => {
    const data = `--datadir=${join(folder, 'data')}`
    return [create(data), serve(folder, data, port)]
  }
  const { port, stop } = await launch(
    { name: 'mysql', what, remedy, env, owner: user?.uid, revives, steps, ping },
    signal,
  )
  return { value: `mysql://root@127.0.0.1:${port}`, why: `${what}, private data folder (${why})`, stop }
}

async function ping(port: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 })
  await connection.ping()
  await connection.end()
}

const ROOT = { name: 'root', uid: 0 } as const

/** The servers refuse to run as root unless told to; packages create a user for them. */
function packagedUser(): { name: string; uid: number } {
  try {
    return { name: 'mysql', uid: Number(execFileSync('id', ['-u', 'mysql'], { stdio: ['ignore', 'pipe', 'ignore'] })) }
  } catch {
    return ROOT
  }
}
