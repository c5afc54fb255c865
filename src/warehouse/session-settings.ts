import type { Connection } from 'mysql2/promise'
import { ChangeoverError } from '../core/index.ts'
import { dialectOf, type Dialect } from './dialect.ts'

const SQL_MODE = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/** What a session was found to be. */
export interface Session {
  readonly dialect: Dialect
  /** The most bytes that the server takes in one packet, its `max_allowed_packet`. */
  readonly packetBytes: number
}

/** Sets what the merge and the reports rely on, and verifies that the server accepted it: a proxy may not pass it on. */
export async function prepareSession(connection: Connection): Promise<Session> {
  await connection.query(`SET SESSION sql_mode = '${SQL_MODE}', time_zone = '+00:00', innodb_lock_wait_timeout = 10`)
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  const [rows] = await connection.query(
    'SELECT VERSION() AS version, @@sql_mode AS sqlMode, @@time_zone AS zone, @@character_set_connection AS charset, ' +
      '@@max_allowed_packet AS packetBytes',
  )
  const [is] = rows as { version: string; sqlMode: string; zone: string; charset: string; packetBytes: number }[]
  const modes = new Set(is!.sqlMode.split(','))
  const lost = SQL_MODE.split(',').filter((mode) => !modes.has(mode))
  if (lost.length > 0 || is!.zone !== '+00:00' || is!.charset !== 'utf8mb4') {
    throw new ChangeoverError(
      'SCHEMA',
      `The warehouse did not accept the session's settings: sql_mode ${is!.sqlMode}, time zone ${is!.zone}, character set ${is!.charset}.`,
      {
        remedy:
          'A proxy between this process and the server resets them; let sessions set sql_mode, time_zone and utf8mb4.',
      },
    )
  }
  const found = dialectOf(is!.version)
  if (found.kind === 'supported') return { dialect: found.dialect, packetBytes: is!.packetBytes }
  throw new ChangeoverError('SCHEMA', found.reason, { remedy: 'Upgrade the server, or use another one.' })
}

/** Prepares the session of a connection that only reads reports. */
export async function prepareReader(connection: Connection): Promise<void> {
  await connection.query(`SET SESSION sql_mode = '${SQL_MODE}', time_zone = '+00:00'`)
  await connection.query('SET SESSION TRANSACTION READ ONLY')
}
