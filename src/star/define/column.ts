import { ChangeoverError } from '../../core/index.ts'
import type { Merge } from '../rows/layout.ts'
import { Misfit, show, type DataType } from '../types/data-type.ts'
import { boolean } from '../types/number.ts'
import type { TypeError } from './type-error.ts'

/** A column as the compiler knows it: the values that it accepts and returns, and whether it may be left out. */
export interface ColumnState {
  readonly in: unknown
  readonly out: unknown
  readonly nullable: boolean
  readonly defaulted: boolean
  readonly merge: Merge | 'default'
  readonly group: string
  readonly pii: boolean
}

/** A column's definition at run time. */
export interface ColumnSpec {
  readonly type: DataType
  readonly nullable: boolean
  readonly default: { readonly value: unknown } | undefined
  readonly merge: Merge | 'default'
  readonly group: string | undefined
  readonly pii: boolean
  readonly comment: string | undefined
}

type With<S extends ColumnState, Change extends Partial<ColumnState>> = Omit<S, keyof Change> & Change extends infer N
  ? N extends ColumnState
    ? N
    : never
  : never

/** A column of a dimension or a fact. Immutable: each method returns another column. */
export class Column<out S extends ColumnState = ColumnState> {
  /** Tells a column from a dimension where a fact takes either. */
  readonly kind = 'column'
  /** Carries the types; does not exist at run time. */
  declare readonly state: S
  readonly spec: ColumnSpec

  constructor(spec: ColumnSpec) {
    this.spec = Object.freeze(spec)
  }

  /** Lets the column hold NULL. A create that leaves it out sets it to NULL. */
  nullable(): Nullable<S> {
    return this.#with({ nullable: true })
  }

  /** The value that a create writes if it leaves the column out. Throws a ChangeoverError `DEFINITION` if it does not fit the type. */
  default(value: S['in']): Column<With<S, { defaulted: true }>> {
    const cell = this.spec.type.encode(value)
    if (cell instanceof Misfit) {
      throw new ChangeoverError(
        'DEFINITION',
        `A column of type ${this.spec.type.name} cannot have the default ${show(value)}: it ${cell.reason}.`,
        { remedy: 'Use a default that fits the type, or change the type.' },
      )
    }
    return this.#with({ default: { value } })
  }

  /** Marks personal data: `erase` sets it to NULL permanently. The column becomes nullable. */
  pii(): Column<With<S, { nullable: true; pii: true }>> {
    return this.#with({ pii: true, nullable: true })
  }

  /** Keeps the value of the event that is latest in the stream. */
  last(): Column<With<S, { merge: 'last' }>> {
    return this.#with({ merge: 'last' })
  }

  /** Keeps the value of the event that is earliest in the stream. */
  first(): Column<With<S, { merge: 'first' }>> {
    return this.#with({ merge: 'first' })
  }

  /** Keeps the smallest value, also when the row is created again. */
  min(): Column<With<S, { merge: 'min' }>> {
    return this.#with({ merge: 'min' })
  }

  /** Keeps the greatest value, also when the row is created again. */
  max(): Column<With<S, { merge: 'max' }>> {
    return this.#with({ merge: 'max' })
  }

  /** True if any event wrote true. For booleans. */
  any(
    this: S['in'] extends boolean ? Column<S> : TypeError<'any() is for boolean columns'>,
  ): Column<With<S, { merge: 'any' }>> {
    return flagMerge(this as Column<S>, 'any')
  }

  /** True unless an event wrote false. For booleans. */
  all(
    this: S['in'] extends boolean ? Column<S> : TypeError<'all() is for boolean columns'>,
  ): Column<With<S, { merge: 'all' }>> {
    return flagMerge(this as Column<S>, 'all')
  }

  /** A comment for analysts, kept in the table's DDL. At most 1024 characters. */
  comment(sentence: string): Column<S> {
    return this.#with({ comment: sentence })
  }

  #with<N extends ColumnState>(change: Partial<ColumnSpec>): Column<N> {
    return new Column<N>({ ...this.spec, ...change })
  }
}

/** A column of this state that may also hold NULL. */
export type Nullable<S extends ColumnState> = Column<With<S, { nullable: true }>>

/** Columns by name. */
export type Columns = Readonly<Record<string, Column>>

function flagMerge<S extends ColumnState, M extends 'any' | 'all'>(
  of: Column<S>,
  merge: M,
): Column<With<S, { merge: M }>> {
  if (of.spec.type !== boolean) {
    throw new ChangeoverError('DEFINITION', `${merge}() is for boolean columns; this one is ${of.spec.type.name}.`, {
      remedy: 'Use .min() or .max(), or define the column as boolean().',
    })
  }
  return new Column({ ...of.spec, merge })
}

/** A fresh column: not nullable, no default, its table's default merge. */
export type Fresh<In, Out> = Column<{
  in: In
  out: Out
  nullable: false
  defaulted: false
  merge: 'default'
  group: ''
  pii: false
}>

/** The columns of a group, each marked with the group. */
export type Grouped<C extends Columns, G extends string> = {
  readonly [N in keyof C]: C[N] extends Column<infer S> ? Column<With<S, { group: G }>> : never
}

/**
 * Columns that are always written together and share one stamp. An edit sets all of them or none: one that sets a part does not
 * compile, and at run time its event is quarantined.
 *
 * @example
 * import { column, dimension, group } from 'changeover'
 *
 * const address = group('address', { street: column.text(), city: column.text() })
 * export const customer = dimension('customer', { key: { id: column.int() }, columns: { ...address } })
 */
export function group<const G extends string, C extends Columns>(name: G, columns: C): Grouped<C, G> {
  const grouped = Object.entries(columns).map(([member, { spec }]) => [member, new Column({ ...spec, group: name })])
  return Object.fromEntries(grouped) as Grouped<C, G>
}
