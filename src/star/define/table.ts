import type { TableKind, TableLayout } from '../rows/layout.ts'
import type { Operation } from '../rows/operation.ts'
import type { Relation } from '../rows/relation.ts'
import type { Columns } from './column.ts'
import type { TableDefinition } from './definition.ts'
import { factColumns, type FactDimensions, type FactTableColumns } from './fact-columns.ts'
import type { AnyColumns, CheckedEdit, CreateInput, KeyInput } from './infer.ts'
import { layoutOf } from './layout.ts'
import type { PhysicalNames } from './names.ts'
import type { TypeError } from './type-error.ts'

/** A dimension or a fact, whatever its columns. */
export interface AnyTable extends TableDefinition {
  /** How the table is laid out in MySQL. */
  readonly layout: TableLayout
}

/** The same definition, laid out under the names that its columns have in a warehouse. */
export function namedTable(table: AnyTable, names: PhysicalNames): AnyTable {
  const { name, kind, key, columns, history, index } = table
  return Object.freeze({ name, kind, key, columns, history, index, layout: layoutOf(table, names) })
}

/** The tables in MySQL that a definition is laid out in: its own, and that of its history. */
export function relationsOf({ layout }: AnyTable): Relation[] {
  return layout.history ? [layout.relation, layout.history.relation] : [layout.relation]
}

/** What dimensions and facts share. Made by {@link dimension} and {@link fact}. */
export class Table<
  Name extends string,
  K extends Columns,
  C extends Columns,
  Kind extends TableKind,
  H extends boolean,
> implements AnyTable {
  readonly name: Name
  readonly kind: Kind
  readonly key: K
  readonly columns: C
  readonly history: H
  readonly index: readonly (readonly string[])[]
  readonly layout: TableLayout

  constructor(kind: Kind, name: Name, key: K, columns: C, history: H, index: readonly (readonly string[])[] = []) {
    this.kind = kind
    this.name = name
    this.key = Object.freeze({ ...key })
    this.columns = Object.freeze({ ...columns })
    this.history = history
    this.index = Object.freeze(index.map((names) => Object.freeze([...names])))
    this.layout = layoutOf({ kind, name, key: this.key, columns: this.columns, history, index: this.index })
  }

  /** The row exists from this event on. Writes every column; those left out get their default, or NULL. */
  create(key: KeyInput<K>, ...[values]: ValuesOf<CreateInput<C>>): Operation<Name> {
    return this.#operation('create', key, values ?? {})
  }

  /** Changes only the columns that are given. May arrive before the create: the row is not visible until then. */
  edit<const V extends AnyColumns<C>>(key: KeyInput<K>, values: CheckedEdit<C, Kind, V>): Operation<Name> {
    return this.#operation('edit', key, values)
  }

  /** The row is deleted from this event on. Leaves a tombstone, which only a later create undoes. */
  delete(key: KeyInput<K>): Operation<Name> {
    return this.#operation('delete', key, {})
  }

  /** Sets the personal columns to NULL permanently: no late event brings them back. */
  erase(key: KeyInput<K>): Operation<Name> {
    return this.#operation('erase', key, {})
  }

  #operation(kind: Operation['kind'], key: object, values: object): Operation<Name> {
    return { table: this, kind, key: key as Operation['key'], values: values as Operation['values'] }
  }
}

/** The columns of each index; a sentence for the compiler in place of a name that no column has. */
type Indexes<Name extends string, Known> = readonly (readonly IndexColumn<Name, Known>[])[]
type IndexColumn<Name extends string, Known> = Name extends Known ? Name : TypeError<`there is no column ${Name}`>

// The argument may be left out if all of its columns may.
type ValuesOf<Input> = Record<string, never> extends Input ? [values?: Input] : [values: Input]

export type Dimension<Name extends string, K extends Columns, C extends Columns, H extends boolean = false> = Table<
  Name,
  K,
  C,
  'dimension',
  H
>
export type Fact<Name extends string, K extends Columns, C extends Columns> = Table<Name, K, C, 'fact', false>

/**
 * Defines a dimension: a table `dim_<name>` of things by their natural key, a view `<name>` of those that exist, and a view
 * `<name>_members` of all that any event mentioned, with their `member_state`. With `history: true`, past values are kept
 * (type 2), and a view `<name>_history` has them with `valid_from`, `valid_to` and `is_current`. `index` lists the columns of
 * indexes, one list per index; none of them is unique.
 *
 * Throws a ChangeoverError `DEFINITION` that says what to write instead.
 *
 * @example
 * import { column, dimension } from 'changeover'
 *
 * export const file = dimension('file', { key: { path: column.varchar(255) }, columns: { language: column.varchar(20) } })
 */
export function dimension<
  const Name extends string,
  K extends Columns,
  C extends Columns = {},
  const H extends boolean = false,
  const I extends string = never,
>(
  name: Name,
  definition: {
    readonly key: K
    readonly columns?: C
    readonly history?: H
    readonly index?: Indexes<I, keyof K | keyof C>
  },
): Dimension<Name, K, C, H> {
  const { key, columns = {} as C, history = false as H, index } = definition
  return new Table('dimension', name, key, columns, history, index as readonly (readonly string[])[] | undefined)
}

/**
 * Defines a fact: a table `fact_<name>` of measures by the event (or another natural key) they come from, with the keys of
 * its dimensions, and a view `<name>`. `index` lists the columns of indexes, one list per index; none of them is unique. Throws a ChangeoverError `DEFINITION` that says what to write instead.
 *
 * @example
 * import { column, dimension, fact } from 'changeover'
 *
 * const file = dimension('file', { key: { path: column.varchar(255) } })
 * export const change = fact('change', {
 *   key: { event_id: column.objectId() },
 *   dimensions: { file, day: column.date() },
 *   measures: { lines: column.int() },
 *   index: [['file_path', 'day']],
 * })
 */
export function fact<
  const Name extends string,
  K extends Columns,
  D extends FactDimensions = {},
  M extends Columns = {},
  const I extends string = never,
>(
  name: Name,
  definition: {
    readonly key: K
    readonly dimensions?: D
    readonly measures?: M
    readonly index?: Indexes<I, keyof K | keyof FactTableColumns<D, M>>
  },
): Fact<Name, K, FactTableColumns<D, M>> {
  const { key, dimensions = {} as D, measures = {} as M, index } = definition
  const columns = factColumns(name, dimensions, measures)
  return new Table('fact', name, key, columns, false, index as readonly (readonly string[])[] | undefined)
}
