import { ChangeoverError } from '../core/errors.ts'
import type { Column } from './column.ts'
import type { Columns, CreateInput, EditInput, KeyInput, ViewRow } from './infer.ts'
import { lower, type Lowered } from './lower.ts'
import type { Operation } from './operation.ts'

export type TableKind = 'dimension' | 'fact'

/** A dimension or a fact, whatever its columns. */
export interface AnyTable {
  readonly name: string
  readonly kind: TableKind
  readonly key: Columns
  readonly columns: Columns
  /** How the table is laid out in MySQL. */
  readonly layout: Lowered
}

/** The row that queries see of a table: `RowOf<typeof file>`. */
export type RowOf<T> = T extends Table<string, infer K, infer C, TableKind> ? ViewRow<K, C> : never

/** What dimensions and facts share. Made by {@link dimension} and {@link fact}. */
export class Table<
  Name extends string,
  K extends Columns,
  C extends Columns,
  Kind extends TableKind,
> implements AnyTable {
  readonly name: Name
  readonly kind: Kind
  readonly key: K
  readonly columns: C
  readonly layout: Lowered

  constructor(kind: Kind, name: Name, key: K, columns: C) {
    this.kind = kind
    this.name = name
    this.key = Object.freeze({ ...key })
    this.columns = Object.freeze({ ...columns })
    this.layout = lower(kind, name, this.key, this.columns)
  }

  /** The row exists from this event on. Writes every column; those left out get their default, or NULL. */
  create(key: KeyInput<K>, ...[values]: ValuesOf<CreateInput<C>>): Operation {
    return this.#operation('create', key, values ?? {})
  }

  /** Changes only the columns that are given. May come before the create: the row is then not visible yet. */
  edit(key: KeyInput<K>, values: EditInput<C, Kind>): Operation {
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

export type Dimension<Name extends string, K extends Columns, C extends Columns> = Table<Name, K, C, 'dimension'>
export type Fact<Name extends string, K extends Columns, C extends Columns> = Table<Name, K, C, 'fact'>

/**
 * Defines a dimension: a table `dim_<name>` of things by their natural key, and a view `<name>` of those that are alive.
 * Throws a ChangeoverError `DEFINITION` that says what to write instead.
 */
export function dimension<const Name extends string, K extends Columns, C extends Columns = {}>(
  name: Name,
  definition: { readonly key: K; readonly columns?: C },
): Dimension<Name, K, C> {
  return new Table('dimension', name, definition.key, definition.columns ?? ({} as C))
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
  return new Table('fact', name, definition.key, columns as FactTableColumns<D, M>)
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
