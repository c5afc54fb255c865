import { CompiledQuery, Kysely, MysqlDialect } from 'kysely'
import { createPool as createReadPool } from 'mysql2'
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2/promise'
import { ChangeoverError, redactUrl, retry, type RetryPolicy } from '../core/index.ts'
import { chunks, paramsOf } from './merge/params.ts'
import type { Dialect } from './dialect.ts'
import { mergeSql } from './merge/statement.ts'
import type { Warehouse, WarehouseCounters } from './port.ts'
import { prepareSession, READER_SETTINGS } from './session.ts'
import { explain, isLockConflict, isTransient } from './trouble.ts'
import type { Relation, Row } from '../star/index.ts'

export interface MysqlWarehouseOptions {
  /**
   * Connections for writing; more than the server has cores to spare gains nothing.
   *
   * @defaultValue 4
   */
  readonly connections?: number
  /**
   * Connections for reports.
   *
   * @defaultValue 4
   */
  readonly readers?: number
  /**
   * How long to try for a connection, in milliseconds.
   *
   * @defaultValue 10000
   */
  readonly connectTimeoutMs?: number
  /** How a statement that failed for a passing reason is tried again. */
  readonly retry?: RetryPolicy
}

export const DEFAULT_CONNECTIONS = 4
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
export const DEFAULT_RETRY: RetryPolicy = Object.freeze({ tries: 8, baseMs: 20, capMs: 5000 })

/** How many statements of one batch run side by side. */
const PARALLEL_STATEMENTS = 2

/**
 * A warehouse in MySQL (8.0.19 or later) or MariaDB (10.6 or later). Connects on first use.
 *
 * @param url `mysql://user:password@host:3306/database`; `?ssl={}` and the driver's other options may follow
 */
export function mysqlWarehouse(url: string, options: MysqlWarehouseOptions = {}): Warehouse {
  return new MysqlWarehouse(url, options)
}

class MysqlWarehouse implements Warehouse {
  readonly address: string
  readonly counters: WarehouseCounters = { statements: 0, rows: 0, retries: 0, lockConflicts: 0 }
  readonly #url: string
  readonly #pool: Pool
  readonly #readers: number
  readonly #retry: RetryPolicy
  readonly #prepared = new WeakMap<object, Dialect>()
  #reader: Kysely<unknown> | undefined
  #closing: Promise<void> | undefined

  constructor(url: string, options: MysqlWarehouseOptions) {
    if (!/^(mysql|mariadb):\/\//.test(url) || !URL.canParse(url)) {
      throw new ChangeoverError('CONFIG', 'The address of the warehouse is not a MySQL URL.', {
        remedy: 'Write it as mysql://user:password@host:3306/database, with special characters percent-encoded.',
      })
    }
    this.#url = url
    this.address = redactUrl(url)
    this.#readers = options.readers ?? DEFAULT_CONNECTIONS
    this.#retry = options.retry ?? DEFAULT_RETRY
    const connections = options.connections ?? DEFAULT_CONNECTIONS
    const connectTimeout = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    this.#pool = createPool({ ...driverOptions(url), connectTimeout, connectionLimit: connections, dateStrings: true })
  }

  async dialect(): Promise<Dialect> {
    return this.#with(async (_connection, dialect) => dialect)
  }

  async merge(
    relation: Relation,
    rows: readonly Row[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const waiting = chunks(relation, rows)
    const worker = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
        signal?.throwIfAborted()
        await this.#mergeChunk(relation, chunk, signal)
      }
    }
    // Neither is left running when the other fails.
    const results = await Promise.allSettled(Array.from({ length: PARALLEL_STATEMENTS }, worker))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #mergeChunk(relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    await this.#with(async (connection, dialect) => {
      // Repeating a row changes nothing, so a few statement shapes serve every batch size.
      const shape = 2 ** Math.ceil(Math.log2(rows.length))
      await connection.execute(mergeSql(relation, shape, dialect), paramsOf(rows, shape))
      this.counters.statements++
      this.counters.rows += rows.length
    }, signal)
  }

  async select(
    sql: string,
    values: readonly (string | number | Uint8Array)[] = [],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#with(async (connection) => {
      const [rows] = await connection.execute(
        sql,
        values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
      )
      return rows as Record<string, unknown>[]
    })
  }

  async define(sql: string): Promise<void> {
    await this.#with(async (connection) => void (await connection.query(sql)))
  }

  reader<Database>(): Kysely<Database> {
    this.#reader ??= new Kysely({
      dialect: new MysqlDialect({
        pool: createReadPool({
          ...driverOptions(this.#url),
          connectionLimit: this.#readers,
          dateStrings: ['DATE'],
        }),
        onCreateConnection: async (connection) => {
          for (const sql of READER_SETTINGS) await connection.executeQuery(CompiledQuery.raw(sql))
        },
      }),
    })
    return this.#reader as Kysely<Database>
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#pool.end(), this.#reader?.destroy()]).then(() => {})
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #with<T>(work: (connection: PoolConnection, dialect: Dialect) => Promise<T>, signal?: AbortSignal): Promise<T> {
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
      throw explain(thrown, this.address)
    }
  }

  async #once<T>(work: (connection: PoolConnection, dialect: Dialect) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection()
    try {
      // The pool hands out wrappers; the connection behind one is what keeps its session.
      const session = connection.connection
      const dialect = this.#prepared.get(session) ?? (await prepareSession(connection))
      this.#prepared.set(session, dialect)
      const result = await work(connection, dialect)
      connection.release()
      return result
    } catch (thrown) {
      // What was killed, or reached a server that no longer takes writes, is no use for the next try.
      if (isTransient(thrown) && !isLockConflict(thrown)) connection.destroy()
      else connection.release()
      throw thrown
    }
  }
}

function driverOptions(url: string): PoolOptions {
  return {
    uri: url,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    multipleStatements: false,
    enableKeepAlive: true,
    maxPreparedStatements: 256,
  }
}
