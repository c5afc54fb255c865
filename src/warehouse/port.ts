import type { Kysely } from 'kysely'
import type { Relation, Row } from '../star/index.ts'
import type { Dialect } from './dialect.ts'

/** Where rows are merged. All that the data path needs of a warehouse. */
export interface MergeTarget {
  /**
   * Joins rows into a table. The rows must be merged per key and sorted by key (`mergeBatch`). Resolves when they are
   * durable; safe to repeat. Retries what is transient; rejects with a ChangeoverError.
   */
  merge(
    relation: Relation,
    rows: readonly Row[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>
}

/** A star schema in MySQL or MariaDB. */
export interface Warehouse extends MergeTarget, AsyncDisposable {
  /** Its address, fit for a log. */
  readonly address: string
  readonly counters: Readonly<WarehouseCounters>
  /** Connects, and says what it is connected to. Rejects with a ChangeoverError `UNREACHABLE`, `DENIED` or `SCHEMA`. */
  dialect(): Promise<Dialect>
  /** Rows of a query of the package's own; values are bound, 64-bit integers, decimals and times come as strings. */
  select(
    sql: string,
    values?: readonly (string | number | Uint8Array)[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Runs one statement that changes the schema. */
  define(sql: string): Promise<void>
  /** The views, read-only, as Kysely types them. */
  reader<Database>(): Kysely<Database>
  /** Ends its connections. Idempotent. */
  close(): Promise<void>
}

/** What happened since the start. */
export interface WarehouseCounters {
  statements: number
  rows: number
  /** Statements tried again, by whatever reason. */
  retries: number
  /** Of those: deadlocks and lock waits of InnoDB. */
  lockConflicts: number
}
