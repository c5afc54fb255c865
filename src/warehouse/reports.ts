import { Kysely, MysqlDialect } from 'kysely'
import { redactUrl } from '../core/index.ts'
import { Connections } from './connections.ts'
import { driverOptions } from './driver-options.ts'
import type { MysqlWarehouseOptions } from './options.ts'
import type { CallOptions, ReportPort } from './port.ts'
import { boundedPool } from './report-statements.ts'
import { prepareReader } from './session-settings.ts'

const NEVER = new AbortController().signal

/** Reports in MySQL: separate connections, whose sessions cannot write. Connects on first use. */
export class MysqlReports implements ReportPort {
  readonly address: string
  readonly #connections: Connections<void>
  readonly #timeoutMs: number
  #reader: Kysely<unknown> | undefined

  constructor(url: string, { readers, connectTimeoutMs, reportTimeoutMs }: Required<MysqlWarehouseOptions>) {
    this.address = redactUrl(url)
    this.#connections = new Connections(
      { ...driverOptions(url), connectTimeout: connectTimeoutMs, dateStrings: ['DATE'] },
      readers,
      prepareReader,
    )
    this.#timeoutMs = reportTimeoutMs
  }

  reader<Database>({ signal }: CallOptions = {}): Kysely<Database> {
    const reader = signal === undefined ? (this.#reader ??= this.#readerUntil(NEVER)) : this.#readerUntil(signal)
    return reader as Kysely<Database>
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  #readerUntil(signal: AbortSignal): Kysely<unknown> {
    const pool = boundedPool(this.#connections, { timeoutMs: this.#timeoutMs, signal, address: this.address })
    return new Kysely({ dialect: new MysqlDialect({ pool }) })
  }
}
