import { createConnection } from 'mysql2/promise'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { installMariadb } from './apt.ts'
import { identify, runServer, type Engine, type ServerProgram } from './database-server.ts'
import { unpackMysql } from './debian-mysql.ts'
import { mustListen } from './given.ts'
import type { Recipe } from './launch.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'

const VARIABLE: Readonly<Record<Engine, 'MARIADB_URL' | 'MYSQL_URL'>> = { MariaDB: 'MARIADB_URL', MySQL: 'MYSQL_URL' }

const REMEDY: Readonly<Record<Engine, string>> = {
  MariaDB:
    'Install it (apt-get install mariadb-server, or brew install mariadb), or run ' +
    '`docker compose -f dev/stack/compose.yaml up -d --wait mariadb` and set MARIADB_URL=mysql://root@127.0.0.1:3307.',
  MySQL:
    'Install it (brew install mysql, or the packages of mysql.com), or run ' +
    '`docker compose -f dev/stack/compose.yaml up -d --wait mysql` and set MYSQL_URL=mysql://root@127.0.0.1:3306.',
}

/** A server of either engine, whichever is available sooner. */
export async function findDatabase(context: Context): Promise<Running<string>> {
  const { env } = context.machine
  const variable = (['MYSQL_URL', 'MARIADB_URL'] as const).find((name) => env[name])
  if (variable) return fromEnvironment(variable, context)
  const program = context.machine.which('mariadbd', 'mysqld') ?? (await installMariadb(context))
  if (program !== undefined) {
    return runServer(await identify([program], context), context, { remedy: REMEDY.MariaDB, why: 'no MYSQL_URL' })
  }
  throw new ChangeoverError(
    'CONFIG',
    'MySQL was not found: install MariaDB (mariadbd) or MySQL (mysqld), or set MYSQL_URL.',
    { remedy: REMEDY.MariaDB },
  )
}

export function findMariadb(context: Context): Promise<Running<string>> {
  return findEngine('MariaDB', context)
}

export function findMysql(context: Context): Promise<Running<string>> {
  return findEngine('MySQL', context)
}

async function findEngine(engine: Engine, context: Context): Promise<Running<string>> {
  const variable = VARIABLE[engine]
  if (!context.machine.env[variable]) return runEngine(engine, context, { why: `no ${variable}` })
  const running = await fromEnvironment(variable, context)
  await mustBe(engine, variable, running.value)
  return running
}

/** Runs a server of this engine on this machine, whatever the environment says. */
export async function runEngine(
  engine: Engine,
  context: Context,
  how: { readonly why: string } & Pick<Recipe, 'revives'>,
): Promise<Running<string>> {
  const program = await PROGRAM[engine](context)
  if (program?.engine === engine) return runServer(program, context, { remedy: REMEDY[engine], ...how })
  throw new ChangeoverError('CONFIG', `${engine} was not found, and cannot be installed on this machine.`, {
    remedy: REMEDY[engine],
  })
}

const PROGRAM: Readonly<Record<Engine, (context: Context) => Promise<ServerProgram | undefined>>> = {
  async MariaDB(context) {
    const program = context.machine.which('mariadbd', 'mysqld') ?? (await installMariadb(context))
    return program === undefined ? undefined : identify([program], context)
  },
  MySQL: mysqlProgram,
}

/** A real MySQL: installed, or unpacked into the cache. */
export async function mysqlProgram(context: Context): Promise<ServerProgram | undefined> {
  const installed = context.machine.which('mysqld')
  const program = installed === undefined ? undefined : await identify([installed], context)
  // MariaDB installs a mysqld as well.
  if (program?.engine === 'MySQL') return program
  const unpacked = await unpackMysql(context)
  return unpacked && identify(unpacked.command, context, unpacked.basedir)
}

async function fromEnvironment(variable: 'MARIADB_URL' | 'MYSQL_URL', context: Context): Promise<Running<string>> {
  const url = context.machine.env[variable]!
  await mustListen(variable, url, 3306, context.signal)
  return given(url, variable, redactUrl(url))
}

async function mustBe(engine: Engine, variable: string, url: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version')
    const [{ version } = { version: '' }] = rows as { version: string }[]
    if (/mariadb/i.test(version) === (engine === 'MariaDB')) return
    throw new ChangeoverError('CONFIG', `${variable} is ${redactUrl(url)}, which is ${version}, not ${engine}.`, {
      remedy: `Set ${variable} to the address of a ${engine} server, or unset it to start one on this machine.`,
    })
  } finally {
    await connection.end()
  }
}
