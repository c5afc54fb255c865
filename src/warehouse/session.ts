import { createPool, type Pool, type PoolConnection } from 'mysql2/promise'
import { redactUrl, retry, type RetryPolicy } from '../core/index.ts'
import type { Dialect } from './dialect.ts'
import { driverOptions } from './driver-options.ts'
import { isLockConflict, isTransient, mysqlErrors } from './mysql-errors.ts'
import type { MysqlWarehouseOptions } from './options.ts'
import type { CallOptions, WarehouseCounters } from './port.ts'
import { prepareSession } from './session-settings.ts'
import type { SqlValue } from './sql.ts'

/**
 * Runs statements on pooled connections whose settings are verified. Every statement may run twice: one that fails with a
 * transient error is tried again. Rejects with a ChangeoverError, or with the signal's reason when that has aborted before.
 */
export class SqlSession {
  /** Fit for a log. */
  readonly address: string
  readonly counters: WarehouseCounters = { statements: 0, rows: 0, retries: 0, lockConflicts: 0 }
  readonly #pool: Pool
  readonly #retry: RetryPolicy
  readonly #dialects = new WeakMap<object, Dialect>()
  #closing: Promise<void> | undefined

  constructor(url: string, options: Required<MysqlWarehouseOptions>) {
    const { connections, connectTimeoutMs } = options
    this.#pool = createPool({
      ...driverOptions(url),
      connectTimeout: connectTimeoutMs,
      connectionLimit: connections,
      dateStrings: true,
    })
    this.address = redactUrl(url)
    this.#retry = options.retry
  }

  dialect(options?: CallOptions): Promise<Dialect> {
    return this.use(async (_connection, dialect) => dialect, options)
  }

  /** The rows of a query by column name; 64-bit integers, decimals and times are strings where a JS value would not be exact. */
  select(
    sql: string,
    values: readonly SqlValue[] = [],
    options?: CallOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.use(async (connection) => {
      const [rows] = await connection.execute(sql, [...values])
      return rows as Record<string, unknown>[]
    }, options)
  }

  /** The same rows as arrays, in the order of the selected columns. */
  selectArrays(sql: string, values: readonly SqlValue[], options?: CallOptions): Promise<readonly unknown[][]> {
    return this.use(async (connection) => {
      const [rows] = await connection.execute({ sql, rowsAsArray: true }, [...values])
      return rows as unknown[][]
    }, options)
  }

  /** Runs a statement that is not prepared: one that changes the schema, or runs once. */
  async run(sql: string, options?: CallOptions): Promise<void> {
    await this.use((connection) => connection.query(sql), options)
  }

  /** Runs work on one connection, and again when it fails with a transient error. */
  async use<T>(
    work: (connection: PoolConnection, dialect: Dialect) => Promise<T>,
    { signal }: CallOptions = {},
  ): Promise<T> {
    signal?.throwIfAborted()
    try {
      return await retry(() => this.#once(work), {
        policy: this.#retry,
        retryable: isTransient,
        onRetry: (thrown) => {
          this.counters.retries++
          if (isLockConflict(thrown)) this.counters.lockConflicts++
        },
        signal,
      })
    } catch (thrown) {
      throw mysqlErrors.translate(thrown, this.address)
    }
  }

  /** Ends its connections. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#pool.end()
    return this.#closing
  }

  async #once<T>(work: (connection: PoolConnection, dialect: Dialect) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection()
    try {
      // The pool returns wrappers; only the connection behind one keeps its session.
      const kept = connection.connection
      const dialect = this.#dialects.get(kept) ?? (await prepareSession(connection))
      this.#dialects.set(kept, dialect)
      const result = await work(connection, dialect)
      connection.release()
      return result
    } catch (thrown) {
      // A connection that was killed, or that reached a read-only server, is of no use for the next try.
      if (isTransient(thrown) && !isLockConflict(thrown)) connection.destroy()
      else connection.release()
      throw thrown
    }
  }
}
