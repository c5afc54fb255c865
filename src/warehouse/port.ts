import type { Kysely } from 'kysely'
import type { AnyTable, Buckets, Cell, Relation, Row } from '../star/index.ts'
import type { Dialect } from './dialect.ts'
import type { PlanOptions, Schema, Step } from './step.ts'

/** What every call of a port takes. */
export interface CallOptions {
  /**
   * As soon as it aborts, the call rejects with its reason. A statement that is running is given up: its connection is destroyed,
   * and it may still have its effect.
   */
  readonly signal?: AbortSignal | undefined
}

/** The key of a row: one cell per key column, in order. */
export type Key = readonly NonNullable<Cell>[]

/** Keys of a fact for which events have different contents under the latest generation that wrote them. */
export interface Conflicts {
  /** The fact's name, without prefix. */
  readonly table: string
  readonly count: number
  /** The first 20 of them, in order; integers that a JS number does not hold exactly are text. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** Rows that are alike in some columns. */
export interface RowCount {
  /** What they have in common, in the order in which the columns were named. */
  readonly cells: readonly Cell[]
  readonly rows: number
}

/** A register that only an earlier definition has written, in some rows. */
export interface OutdatedRegister {
  /** The name of its stamp in the table. */
  readonly stamp: string
  readonly rows: number
}

/** Where rows are merged. All that the sink needs of a warehouse. */
export interface MergePort {
  /**
   * Merges rows into a table. The caller has merged the rows per key and sorted them by key (`mergeBatch`). Resolves when they
   * are durable; calling it again with the same rows changes nothing. An implementation retries transient errors, and rejects
   * with a ChangeoverError; some of the rows may then have been merged: `UNREACHABLE` when that is not due to the rows and may
   * pass, `FAILING` when it may pass but may be due to them, `VALUE` when a row is to blame.
   *
   * Without rows it writes nothing, and resolves only if the table takes writes at present.
   */
  merge(relation: Relation, rows: readonly Row[], options?: CallOptions): Promise<void>
}

/** Options of {@link ReadPort.scan}. */
export interface ScanOptions extends CallOptions {
  /**
   * How many rows a page has at most; the only bound on the memory that a scan takes, so make it small for rows that are large.
   *
   * @defaultValue 1000
   */
  readonly pageRows?: number
}

/**
 * Where rows are read back: one cell per column of the relation, decoded by the column's type, exactly as they were merged.
 * Every call rejects with a ChangeoverError when the warehouse cannot be used.
 */
export interface ReadPort {
  /** The rows that have these keys, each once, in no particular order. Any number of keys, in any order, repeated or not. */
  find(relation: Relation, keys: readonly Key[], options?: CallOptions): Promise<Row[]>
  /**
   * All rows in the order of their keys, page by page; no page is empty. A row that exists during the whole scan is returned
   * exactly once; one that is merged meanwhile may be returned or not.
   */
  scan(relation: Relation, options?: ScanOptions): AsyncIterable<readonly Row[]>
  /** How many rows have which values in these columns of a table, by their index; one column at least. */
  countBy(relation: Relation, columns: readonly number[], options?: CallOptions): Promise<RowCount[]>
  /**
   * How many rows of a table have registers that no definition from a generation on has written, by the register's stamp. Columns that
   * merge without a stamp do not tell. Reads the whole table.
   */
  outdated(relation: Relation, generation: number, options?: CallOptions): Promise<OutdatedRegister[]>
  /** The buckets of a table, as `bucketsOf` computes them from its rows. */
  buckets(relation: Relation, options?: CallOptions): Promise<Buckets>
  /**
   * Counts and lists the facts for which two events have different contents. The content with the greater stamp is what the row
   * holds, whichever arrived first; but a fact's key should be its event's, or something else that fixes its content.
   */
  conflicts(tables: readonly AnyTable[], options?: CallOptions): Promise<Conflicts[]>
}

/** Where a worker finds which definitions a warehouse knows. */
export interface RegistryPort extends Pick<ReadPort, 'scan'> {
  /**
   * Whether definitions are registered in it when they are applied. One in memory has no schema to apply, so it takes any definition as
   * its first.
   */
  readonly hasRegistry: boolean
}

/** Where tables and views are created. */
export interface SchemaPort {
  /** Connects, and returns what server it is. Rejects with a ChangeoverError `UNREACHABLE`, `DENIED` or `SCHEMA`. */
  dialect(options?: CallOptions): Promise<Dialect>
  /**
   * The steps that are pending until the schema is as defined, in the order in which to apply them. Rejects with a
   * ChangeoverError `SCHEMA` where only a destructive step would help, and where none would: a changed key, a second unique key.
   */
  plan(schema: Schema, options?: PlanOptions & CallOptions): Promise<Step[]>
  /** Applies steps of a plan in order. A step that another process has applied meanwhile is skipped. */
  apply(steps: readonly Step[], options?: CallOptions): Promise<void>
  /** Deletes all rows of a table. For tests. */
  clear(relation: Relation, options?: CallOptions): Promise<void>
}

/** Where reports are read. */
export interface ReportPort {
  /** The warehouse's address, fit for a log. */
  readonly address: string
  /** The views, read-only, as Kysely types them. Once the signal has aborted, every statement rejects, one that is running included. */
  reader<Database>(options?: CallOptions): Kysely<Database>
}

/** A star schema in MySQL or MariaDB. */
export interface Warehouse extends MergePort, ReadPort, RegistryPort, SchemaPort, ReportPort, AsyncDisposable {
  readonly counters: Readonly<WarehouseCounters>
  /** Ends its connections, within a few seconds even when the server is silent. Idempotent. */
  close(): Promise<void>
}

/** What happened since the start. */
export interface WarehouseCounters {
  /** Merge statements. */
  statements: number
  /** Rows in those statements. */
  rows: number
  /** Statements of any kind that were tried again, for any reason. */
  retries: number
  /** Of those: deadlocks and lock waits of InnoDB. */
  lockConflicts: number
}
