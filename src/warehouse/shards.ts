import type { Connection } from 'mysql2/promise'
import { ChangeoverError, propertyOf } from '../core/index.ts'
import type { SqlSession, StatementOptions } from './session.ts'
import { quote } from './sql.ts'

type SelectedRow = Readonly<Record<string, unknown>>

/** ER_NOT_SUPPORTED_YET: Vitess's answer to an aggregate that it cannot add up over shards. */
const NOT_SUPPORTED = 1235

/** Whether a server refused a query because its tables are sharded. */
export function needsOneShard(thrown: unknown): boolean {
  return thrown instanceof ChangeoverError && propertyOf(thrown.cause, 'errno') === NOT_SUPPORTED
}

/** Runs a query on each shard of the keyspace, one after the other, and returns the rows of all of them. Vitess only. */
export async function selectOnShards(
  session: SqlSession,
  sql: string,
  options?: StatementOptions,
): Promise<readonly SelectedRow[]> {
  const { home, shards } = await session.use((connection) => shardsOf(connection), options)
  const found: SelectedRow[] = []
  for (const shard of shards) {
    found.push(...(await session.use((connection) => selectOn(connection, shard, home, sql), options)))
  }
  return found
}

/** The targets of a session: where it is, and each shard of that keyspace, on tablets of the same type. */
async function shardsOf(connection: Connection): Promise<{ home: string; shards: readonly string[] }> {
  const [[is]] = (await connection.query('SELECT DATABASE() AS home')) as unknown as [{ home: string }[]]
  const [keyspace = '', tabletType] = is!.home.split('@')
  const [rows] = (await connection.query('SHOW VITESS_SHARDS')) as unknown as [{ Shards: string }[]]
  const names = rows.map(({ Shards }) => Shards).filter((name) => name.startsWith(`${keyspace}/`))
  const type = tabletType === undefined ? '' : `@${tabletType}`
  return { home: is!.home, shards: names.map((name) => `${keyspace}:${name.slice(keyspace.length + 1)}${type}`) }
}

async function selectOn(connection: Connection, shard: string, home: string, sql: string): Promise<SelectedRow[]> {
  await connection.query(`USE ${quote(shard)}`)
  try {
    const [rows] = await connection.query(sql)
    return rows as SelectedRow[]
  } finally {
    await connection.query(`USE ${quote(home)}`).catch((thrown: unknown) => {
      // An error that is not known: the connection is ended, and no other statement runs on the wrong shard.
      throw new Error('the session could not leave a shard', { cause: thrown })
    })
  }
}
