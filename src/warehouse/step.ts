import type { AnyTable, CalendarRange, Relation, Row } from '../star/index.ts'

/** A pending change of the schema as one statement, and why. Each can be applied again. */
export interface Step {
  /** `change` and `drop` may lose data; a plan has them only when that is allowed. */
  readonly kind: 'create' | 'add' | 'widen' | 'index' | 'view' | 'fill' | 'change' | 'drop' | 'register'
  readonly why: string
  readonly sql: string
  /** The table that a statement of the kinds `create` and `add` makes or extends, and the column. */
  readonly target?: { readonly table: string; readonly column?: string }
  /** The row that a statement of the kind `register` inserts; its values are bound. */
  readonly record?: { readonly relation: Relation; readonly row: Row }
}

/** A row that the warehouse should have from now on. */
export interface SchemaRecord {
  readonly relation: Relation
  readonly row: Row
  readonly why: string
}

/** Columns by the name of their table in MySQL. */
export type ColumnsByTable = ReadonlyMap<string, ReadonlySet<string>>

/** A history that is no longer kept: its view and its table in MySQL. */
export interface RetiredHistory {
  readonly view: string
  readonly table: string
}

/** What the warehouse should hold: the tables of migrations, with their views, and internal tables. */
export interface Schema {
  readonly tables: readonly AnyTable[]
  readonly internal: readonly Relation[]
  /** The days that the calendar dimension covers; without them there is none. */
  readonly calendar?: CalendarRange | undefined
  /** The names of tables whose views are outdated, even where the server does not show their definitions. */
  readonly redefined?: ReadonlySet<string>
  /** The columns that must not be dropped, by table (`dim_file`): living workers write to them. */
  readonly stillWritten?: ColumnsByTable
  /**
   * The columns of the definitions that are registered now, by table. Those that are to be dropped go after the rows are inserted: an
   * `apply` that ends before must leave what the present definition needs.
   */
  readonly inUse?: ColumnsByTable
  /** Histories that are no longer kept: the view goes, and what it showed goes when that is allowed and no worker writes to it. */
  readonly retired?: readonly RetiredHistory[]
  /** Rows to insert once the tables and columns are there, before the views. A plan does not check whether they exist. */
  readonly records?: readonly SchemaRecord[]
}

/** Options of `plan`. */
export interface PlanOptions {
  /**
   * Whether columns may be changed to a type that does not hold all their values, and columns and indexes dropped when they are no
   * longer defined.
   *
   * @defaultValue false
   */
  readonly allowDestructive?: boolean
  /**
   * Whether a column that holds more than its definition requires may stay as it is. Registered definitions never narrow a column, and an
   * earlier definition finds columns as a later one has left them.
   *
   * @defaultValue false
   */
  readonly allowWider?: boolean
  /**
   * Whether missing indexes are part of the plan. A bulk load is faster without them: apply a plan without, load, and apply one with.
   *
   * @defaultValue true
   */
  readonly indexes?: boolean
}
