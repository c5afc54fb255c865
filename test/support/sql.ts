import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, inject } from 'vitest'

/** A database: the URL of it, or a warehouse in it. */
export type Where = string | { readonly address: string }

const connections = new Map<string, Promise<Connection>>()
afterAll(async () => {
  for (const connection of connections.values()) await (await connection).end()
  connections.clear()
})

/**
 * Runs a statement of a test on a separate connection, not through the ports under test: as the user of the URL, or for a
 * warehouse as the owner of the stack. Returns the rows of a query; decimals, times and large integers are strings.
 */
export async function sql(
  where: Where,
  text: string,
  values: readonly (string | number | Uint8Array)[] = [],
): Promise<Record<string, unknown>[]> {
  const url = urlOf(where)
  const connecting = connections.get(url) ?? connect(url)
  connections.set(url, connecting)
  const connection = await connecting
  const [rows] = await connection.query(text, [...values])
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
}

// An address has no password, so the owner of the stack connects instead.
function urlOf(where: Where): string {
  if (typeof where === 'string') return where
  const url = new URL(inject('mysqlUrl'))
  url.pathname = new URL(where.address).pathname
  return url.href
}

async function connect(url: string): Promise<Connection> {
  const connection = await createConnection({
    uri: url,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    dateStrings: true,
  })
  await connection.query(
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE', time_zone = '+00:00'",
  )
  return connection
}
