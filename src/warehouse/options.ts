import { checkOptions, type OptionNames, type RetryPolicy } from '../core/index.ts'

/** Options of {@link mysqlWarehouse}. */
export interface MysqlWarehouseOptions {
  /**
   * How many connections write; more than the server has cores to spare gains nothing. From 1.
   *
   * @defaultValue 4
   */
  readonly connections?: number
  /**
   * How many connections read reports. From 1.
   *
   * @defaultValue 4
   */
  readonly readers?: number
  /**
   * How long to try to connect, in milliseconds. From 1.
   *
   * @defaultValue 10000
   */
  readonly connectTimeoutMs?: number
  /**
   * How a statement that failed with a transient error is tried again; each number is whole, from 1.
   *
   * @defaultValue 8 tries, waits from 20 ms up to 5000 ms
   */
  readonly retry?: RetryPolicy
  /**
   * How long a statement may take, and how long to wait for a connection, in milliseconds. A server that does not answer in
   * this time has failed: the connection is destroyed, and the statement is tried again once at most. More than the 10 s that a
   * statement waits for a lock. From 1.
   *
   * @defaultValue 60000
   */
  readonly statementTimeoutMs?: number
  /**
   * The same for a statement that reads or writes a whole table: a step of the schema, a checksum, a count of conflicts.
   *
   * @defaultValue 21600000 (6 hours)
   */
  readonly longStatementTimeoutMs?: number
  /**
   * How long a statement of a report may take, and how long it waits for a connection, in milliseconds. Then the report fails, and
   * the connection is destroyed. From 1.
   *
   * @defaultValue 3600000 (1 hour)
   */
  readonly reportTimeoutMs?: number
}

export const DEFAULT_CONNECTIONS = 4
export const DEFAULT_READERS = 4
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
export const DEFAULT_RETRY: RetryPolicy = Object.freeze({ tries: 8, baseMs: 20, capMs: 5000 })
export const DEFAULT_STATEMENT_TIMEOUT_MS = 60_000
export const DEFAULT_LONG_STATEMENT_TIMEOUT_MS: number = 6 * 3_600_000
export const DEFAULT_REPORT_TIMEOUT_MS = 3_600_000

const NAMES: OptionNames<MysqlWarehouseOptions> = {
  connections: true,
  readers: true,
  connectTimeoutMs: true,
  retry: true,
  statementTimeoutMs: true,
  longStatementTimeoutMs: true,
  reportTimeoutMs: true,
}

/** The options with their defaults. Throws a ChangeoverError `CONFIG` for a number that is not whole or below 1. */
export function resolveOptions(options: MysqlWarehouseOptions): Required<MysqlWarehouseOptions> {
  const check = checkOptions('mysqlWarehouse')
  const whole = (name: string, value: number): number => check.whole(name, value, { min: 1 })
  const timeout = (name: string, value: number): number => check.milliseconds(name, value, { min: 1 })
  const retry = check.all(check.all(options, NAMES).retry ?? DEFAULT_RETRY, DEFAULT_RETRY, 'retry')
  return Object.freeze({
    connections: whole('connections', options.connections ?? DEFAULT_CONNECTIONS),
    readers: whole('readers', options.readers ?? DEFAULT_READERS),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS),
    retry: Object.freeze({
      tries: whole('retry.tries', retry.tries),
      baseMs: whole('retry.baseMs', retry.baseMs),
      capMs: whole('retry.capMs', retry.capMs),
    }),
    statementTimeoutMs: timeout('statementTimeoutMs', options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS),
    longStatementTimeoutMs: timeout(
      'longStatementTimeoutMs',
      options.longStatementTimeoutMs ?? DEFAULT_LONG_STATEMENT_TIMEOUT_MS,
    ),
    reportTimeoutMs: timeout('reportTimeoutMs', options.reportTimeoutMs ?? DEFAULT_REPORT_TIMEOUT_MS),
  })
}
