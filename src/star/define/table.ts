import { ChangeoverError } from '../../core/index.ts'
import type { Column } from './column.ts'
import type { CheckedEdit, Columns, CreateInput, EditInput, KeyInput, ViewRow } from './infer.ts'
import { lower, type Lowered } from './layout.ts'
import type { Operation } from '../rows/operation.ts'
import type { Relation } from '../rows/relation.ts'

export type TableKind = 'dimension' | 'fact'

/** A dimension or a fact, whatever its columns. */
export interface AnyTable {
  readonly name: string
  readonly kind: TableKind
  readonly key: Columns
  readonly columns: Columns
  /** How the table is laid out in MySQL. */
  readonly layout: Lowered
  /** Whether the past values of its columns are kept. */
  readonly history: boolean
}

/** The tables in MySQL that a definition is laid out in: its own, and that of its history. */
export function relationsOf({ layout }: AnyTable): Relation[] {
  return layout.history ? [layout.relation, layout.history.relation] : [layout.relation]
}

/** The names of a table's views. */
export function viewNamesOf({ name, kind, layout }: AnyTable): { live: string; members?: string; history?: string } {
  return {
    live: name,
    ...(kind === 'dimension' ? { members: `${name}_members` } : {}),
    ...(layout.history ? { history: `${name}_history` } : {}),
  }
}

/** Refuses two tables of which both would have a table or a view of one name. Throws a ChangeoverError `DEFINITION`. */
export function refuseNamesakes(tables: Iterable<AnyTable>): void {
  const owners = new Map<string, AnyTable>()
  for (const table of new Set(tables)) {
    for (const name of [...Object.values(viewNamesOf(table)), ...relationsOf(table).map((relation) => relation.name)]) {
      const other = owners.get(name)
      if (other) {
        throw new ChangeoverError(
          'DEFINITION',
          other.name === table.name
            ? `Two definitions are both named ${name}.`
            : `The ${other.kind} ${other.name} and the ${table.kind} ${table.name} would both have a view named ${name}.`,
          { remedy: 'Share one definition between the migrations, or name them apart.' },
        )
      }
      owners.set(name, table)
    }
  }
}

/** The row that queries see of a table: `RowOf<typeof file>`. */
export type RowOf<T> = T extends Table<string, infer K, infer C, TableKind, boolean> ? ViewRow<K, C> : never

/** A row of a dimension's view `<name>_members`: what has been heard of, its columns as far as they are known. */
export type MemberOf<T> =
  T extends Table<string, infer K, infer C, TableKind, boolean>
    ? { readonly [N in keyof ViewRow<K, C>]: N extends keyof K ? ViewRow<K, C>[N] : ViewRow<K, C>[N] | null } & {
        readonly member_state: 'live' | 'deleted' | 'not yet arrived'
      }
    : never

/** A row of a dimension's view `<name>_history`: a version, from `valid_from` to before `valid_to`, which is NULL for the current. */
export type VersionOf<T> =
  T extends Table<string, infer K, infer C, TableKind, boolean>
    ? {
        readonly [
          N in keyof ViewRow<K, C> as N extends keyof K ? N : HasHistory<C, N> extends true ? N : never
        ]: ViewRow<K, C>[N]
      } & {
        readonly valid_from: Date
        readonly valid_to: Date | null
        readonly is_current: number
      }
    : never

type HasHistory<C extends Columns, N> = N extends keyof C
  ? C[N] extends Column<infer S>
    ? S extends { readonly merge: 'default' | 'last'; readonly pii: false }
      ? true
      : false
    : false
  : false

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
  readonly layout: Lowered

  constructor(kind: Kind, name: Name, key: K, columns: C, history: H) {
    this.kind = kind
    this.name = name
    this.key = Object.freeze({ ...key })
    this.columns = Object.freeze({ ...columns })
    this.history = history
    this.layout = lower(kind, name, this.key, this.columns, history)
  }

  /** The row exists from this event on. Writes every column; those left out get their default, or NULL. */
  create(key: KeyInput<K>, ...[values]: ValuesOf<CreateInput<C>>): Operation {
    return this.#operation('create', key, values ?? {})
  }

  /** Changes only the columns that are given. May come before the create: the row is then not visible yet. */
  edit<const V extends EditInput<C, Kind>>(key: KeyInput<K>, values: CheckedEdit<C, Kind, V>): Operation {
    return this.#operation('edit', key, values)
  }

  /** The row is gone from this event on. Leaves a tombstone, which only a later create undoes. */
  delete(key: KeyInput<K>): Operation {
    return this.#operation('delete', key, {})
  }

  /** Sets the personal columns to NULL for good: no late event brings them back. */
  erase(key: KeyInput<K>): Operation {
    return this.#operation('erase', key, {})
  }

  #operation(kind: Operation['kind'], key: object, values: object): Operation {
    return { table: this, kind, key: key as Operation['key'], values: values as Operation['values'] }
  }
}

// Nothing to say is nothing to pass.
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
 * Defines a dimension: a table `dim_<name>` of things by their natural key, a view `<name>` of those that are alive, and a view
 * `<name>_members` of all that were ever heard of, with their `member_state`. With `history: true`, past values are kept
 * (type 2), and a view `<name>_history` has them with `valid_from`, `valid_to` and `is_current`.
 *
 * Throws a ChangeoverError `DEFINITION` that says what to write instead.
 */
export function dimension<
  const Name extends string,
  K extends Columns,
  C extends Columns = {},
  const H extends boolean = false,
>(name: Name, definition: { readonly key: K; readonly columns?: C; readonly history?: H }): Dimension<Name, K, C, H> {
  const { key, columns = {} as C, history = false as H } = definition
  return new Table('dimension', name, key, columns, history)
}

/** What a fact can point at: a dimension, under the name of its role, or a plain column (a degenerate dimension). */
export type FactDimensions = Readonly<Record<string, Column | { readonly kind: 'dimension'; readonly key: Columns }>>

type Prefixed<Role extends string, N extends string> = N extends `${Role}_${string}` ? N : `${Role}_${N}`
type UnionToIntersection<U> = (U extends unknown ? (union: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/**
 * Defines a fact: a table `fact_<name>` of measures by the event (or another natural key) they come from, with the keys of
 * its dimensions, and a view `<name>`. Throws a ChangeoverError `DEFINITION` that says what to write instead.
 */
export function fact<
  const Name extends string,
  K extends Columns,
  D extends FactDimensions = {},
  M extends Columns = {},
>(
  name: Name,
  definition: { readonly key: K; readonly dimensions?: D; readonly measures?: M },
): Fact<Name, K, FactTableColumns<D, M>> {
  const columns: Record<string, Column> = {}
  const add = (columnName: string, of: Column): void => {
    if (columnName in columns) {
      throw new ChangeoverError('DEFINITION', `The fact ${name} has two columns named ${columnName}.`, {
        remedy: 'Give one of the two dimensions or measures another name.',
      })
    }
    columns[columnName] = of
  }
  for (const [role, target] of Object.entries(definition.dimensions ?? {})) {
    if (!('kind' in target)) add(role, target)
    else
      for (const [key, of] of Object.entries(target.key)) add(key.startsWith(`${role}_`) ? key : `${role}_${key}`, of)
  }
  for (const [measure, of] of Object.entries(definition.measures ?? {})) add(measure, of)
  return new Table('fact', name, definition.key, columns as FactTableColumns<D, M>, false)
}

type RoleColumnsOf<D extends FactDimensions> = UnionToIntersection<
  { [Role in keyof D & string]: ColumnsOfRole<Role, D[Role]> }[keyof D & string]
>
type ColumnsOfRole<Role extends string, Target> = Target extends Column
  ? { readonly [N in Role]: Target }
  : Target extends { readonly key: infer K }
    ? { readonly [N in keyof K & string as Prefixed<Role, N>]: K[N] }
    : never

/** The columns of a fact: those of its dimensions and its measures. */
export type FactTableColumns<D extends FactDimensions, M extends Columns> = (keyof D extends never
  ? {}
  : RoleColumnsOf<D>) &
  M extends infer All
  ? { [N in keyof All]: All[N] extends Column ? All[N] : never }
  : never
