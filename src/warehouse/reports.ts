import { CompiledQuery, Kysely, MysqlDialect } from 'kysely'
import { createPool, type Pool } from 'mysql2'
import { redactUrl, waitAtMost } from '../core/index.ts'
import { CLOSE_MS, destroyStream } from './connections.ts'
import { driverOptions } from './driver-options.ts'
import type { ReportPort } from './port.ts'
import { READER_SETTINGS } from './session-settings.ts'

/** Reports in MySQL: a separate pool, whose sessions cannot write. Connects on first use. */
export class MysqlReports implements ReportPort {
  readonly address: string
  readonly #url: string
  readonly #readers: number
  readonly #connections = new Set<object>()
  #reader: Kysely<unknown> | undefined

  constructor(url: string, { readers }: { readonly readers: number }) {
    this.address = redactUrl(url)
    this.#url = url
    this.#readers = readers
  }

  reader<Database>(): Kysely<Database> {
    this.#reader ??= new Kysely({
      dialect: new MysqlDialect({
        pool: async () => this.#pool(),
        onCreateConnection: async (connection) => {
          for (const sql of READER_SETTINGS) await connection.executeQuery(CompiledQuery.raw(sql))
        },
      }),
    })
    return this.#reader as Kysely<Database>
  }

  async close(): Promise<void> {
    await waitAtMost(CLOSE_MS, this.#reader?.destroy())
    for (const connection of this.#connections) destroyStream(connection)
  }

  #pool(): Pool {
    const pool = createPool({ ...driverOptions(this.#url), connectionLimit: this.#readers, dateStrings: ['DATE'] })
    pool.on('connection', (connection) => {
      this.#connections.add(connection)
      connection.once('end', () => this.#connections.delete(connection))
    })
    return pool
  }
}
