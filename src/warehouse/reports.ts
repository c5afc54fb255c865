import { CompiledQuery, Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import { redactUrl } from '../core/index.ts'
import { driverOptions } from './driver-options.ts'
import type { ReportPort } from './port.ts'
import { READER_SETTINGS } from './session-settings.ts'

/** Reports in MySQL: a separate pool, whose sessions cannot write. Connects on first use. */
export class MysqlReports implements ReportPort {
  readonly address: string
  readonly #url: string
  readonly #readers: number
  #reader: Kysely<unknown> | undefined

  constructor(url: string, { readers }: { readonly readers: number }) {
    this.address = redactUrl(url)
    this.#url = url
    this.#readers = readers
  }

  reader<Database>(): Kysely<Database> {
    this.#reader ??= new Kysely({
      dialect: new MysqlDialect({
        pool: createPool({ ...driverOptions(this.#url), connectionLimit: this.#readers, dateStrings: ['DATE'] }),
        onCreateConnection: async (connection) => {
          for (const sql of READER_SETTINGS) await connection.executeQuery(CompiledQuery.raw(sql))
        },
      }),
    })
    return this.#reader as Kysely<Database>
  }

  async close(): Promise<void> {
    await this.#reader?.destroy()
  }
}
