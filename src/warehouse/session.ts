import type { Connection } from 'mysql2/promise'
import { answerWithin, redactUrl, retry, type RetryPolicy } from '../core/index.ts'
import { Connections } from './connections.ts'
import type { Dialect } from './dialect.ts'
import { driverOptions } from './driver-options.ts'
import { isLockConflict, isTransient, isUsableAfter, mysqlErrors, statementError } from './mysql-errors.ts'
import type { MysqlWarehouseOptions } from './options.ts'
import type { CallOptions, WarehouseCounters } from './port.ts'
import { prepareSession, type Session } from './session-settings.ts'
import type { SqlValue } from './sql.ts'

const NEVER = new AbortController().signal

export interface StatementOptions extends CallOptions {
  /** Whether it reads or writes a whole table, so that only `longStatementTimeoutMs` bounds it. */
  readonly isLong?: boolean
}

/**
 * Runs statements on pooled connections whose settings are verified. Every statement may run twice: one that fails with a
 * transient error is tried again. Rejects with a ChangeoverError, or with the signal's reason as soon as that aborts, whatever
 * the server does.
 */
export class SqlSession {
  /** Fit for a log. */
  readonly address: string
  readonly counters: WarehouseCounters = { statements: 0, rows: 0, retries: 0, lockConflicts: 0 }
  readonly #connections: Connections<Session>
  readonly #retry: RetryPolicy
  readonly #timeoutMs: number
  readonly #longTimeoutMs: number
  #closing: Promise<void> | undefined

  constructor(url: string, options: Required<MysqlWarehouseOptions>) {
    const { connections, connectTimeoutMs, retry: policy, statementTimeoutMs, longStatementTimeoutMs } = options
    this.#connections = new Connections(
      { ...driverOptions(url), connectTimeout: connectTimeoutMs, dateStrings: true },
      connections,
      prepareSession,
    )
    this.address = redactUrl(url)
    this.#retry = policy
    this.#timeoutMs = statementTimeoutMs
    this.#longTimeoutMs = longStatementTimeoutMs
  }

  dialect(options?: CallOptions): Promise<Dialect> {
    return this.use(async (_connection, { dialect }) => dialect, options)
  }

  /** The rows of a query by column name; 64-bit integers, decimals and times are strings where a JS value would not be exact. */
  select(
    sql: string,
    values: readonly SqlValue[] = [],
    options?: StatementOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.use(async (connection) => {
      const [rows] = await connection.execute(sql, [...values])
      return rows as Record<string, unknown>[]
    }, options)
  }

  /** The same rows as arrays, in the order of the selected columns. */
  selectArrays(sql: string, values: readonly SqlValue[], options?: StatementOptions): Promise<readonly unknown[][]> {
    return this.use(async (connection) => {
      const [rows] = await connection.execute({ sql, rowsAsArray: true }, [...values])
      return rows as unknown[][]
    }, options)
  }

  /** Runs a statement that is not prepared: one that changes the schema, or runs once. */
  async run(sql: string, options?: StatementOptions): Promise<void> {
    await this.use((connection) => connection.query(sql), { ...options, isLong: true })
  }

  /**
   * Runs work on one connection, and again when it fails with a transient error; not again once twice the time of a statement is
   * over, so that a silent server is not waited for as often as one that answers.
   */
  async use<T>(
    work: (connection: Connection, session: Session) => Promise<T>,
    { signal = NEVER, isLong = false }: StatementOptions = {},
  ): Promise<T> {
    signal.throwIfAborted()
    const timeoutMs = isLong ? this.#longTimeoutMs : this.#timeoutMs
    const since = performance.now()
    try {
      return await retry(() => this.#once(work, timeoutMs, signal), {
        policy: this.#retry,
        retryable: (thrown) => isTransient(thrown) && performance.now() - since < 2 * timeoutMs,
        onRetry: (thrown) => {
          this.counters.retries++
          if (isLockConflict(thrown)) this.counters.lockConflicts++
        },
        signal,
      })
    } catch (thrown) {
      if (signal.aborted && thrown === signal.reason) throw thrown
      throw mysqlErrors.translate(thrown, this.address)
    }
  }

  /** Ends its connections within a bound, whatever the server does. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#connections.close()
    return this.#closing
  }

  async #once<T>(
    work: (connection: Connection, session: Session) => Promise<T>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<T> {
    const connected = await this.#connections.acquireWithin(this.#timeoutMs, signal)
    const { connection, session } = connected
    try {
      const result = await answerWithin(timeoutMs, work(connection, session), signal)
      this.#connections.release(connected)
      return result
    } catch (thrown) {
      // After an error that is not known, or no answer at all, nobody knows in what state the connection is.
      if (!signal.aborted && isUsableAfter(thrown)) this.#connections.release(connected)
      else this.#connections.destroy(connection)
      throw signal.aborted ? thrown : statementError(thrown)
    }
  }
}
