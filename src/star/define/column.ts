import { ChangeoverError } from '../../core/index.ts'
import { Misfit, show, type DataType } from '../types/data-type.ts'
import { bigint, boolean, decimal, double, int } from '../types/number.ts'
import type { DecimalInput, DoubleInput, IntegerInput } from '../types/number.ts'
import { binary, char, enumeration, json, objectId, text, uuid, varchar } from '../types/text.ts'
import type { BinaryLike, ObjectIdLike } from '../../event/index.ts'
import { date, datetime } from '../types/time.ts'
import type { DayInput, InstantInput } from '../types/time.ts'
import type { TypeError } from './type-error.ts'

/**
 * How two values of a column merge.
 *
 * - `last`: the one with the greater stamp (a dimension's default).
 * - `once`: the content of a fact, fixed by its key (a fact's default).
 * - `first`: the one with the smaller stamp.
 * - `min`, `max`: the smaller, the greater value.
 * - `any`, `all`: or, and.
 */
export type Merge = 'last' | 'once' | 'first' | 'min' | 'max' | 'any' | 'all'

/** What a column's type knows of it: the values it takes and gives, and what may be left out. */
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

/** A column of a dimension or a fact. Immutable: each method gives another column. */
export class Column<out S extends ColumnState = ColumnState> {
  /** Carries the types; never there at run time. */
  declare readonly state: S
  readonly spec: ColumnSpec

  constructor(spec: ColumnSpec) {
    this.spec = Object.freeze(spec)
  }

  /** Lets the column hold NULL; left out of a create, it is NULL. */
  nullable(): Column<With<S, { nullable: true }>> {
    return this.#with({ nullable: true })
  }

  /** What a create that leaves the column out writes. Throws when the value does not fit the column. */
  default(value: S['in']): Column<With<S, { defaulted: true }>> {
    const cell = this.spec.type.encode(value)
    if (cell instanceof Misfit) {
      throw new ChangeoverError(
        'DEFINITION',
        `The default ${show(value)} of a ${this.spec.type.name} column ${cell.reason}.`,
      )
    }
    return this.#with({ default: { value } })
  }

  /** Marks personal data: `erase` sets it to NULL for good. The column becomes nullable. */
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

  /** Keeps the smallest value. A re-created row keeps it too. */
  min(): Column<With<S, { merge: 'min' }>> {
    return this.#with({ merge: 'min' })
  }

  /** Keeps the greatest value. A re-created row keeps it too. */
  max(): Column<With<S, { merge: 'max' }>> {
    return this.#with({ merge: 'max' })
  }

  /** True as soon as one event said so. For booleans. */
  any(
    this: S['in'] extends boolean ? Column<S> : TypeError<'any() is for boolean columns'>,
  ): Column<With<S, { merge: 'any' }>> {
    return flagMerge(this as Column<S>, 'any')
  }

  /** True as long as no event said otherwise. For booleans. */
  all(
    this: S['in'] extends boolean ? Column<S> : TypeError<'all() is for boolean columns'>,
  ): Column<With<S, { merge: 'all' }>> {
    return flagMerge(this as Column<S>, 'all')
  }

  /** A sentence for the analysts; it lands in the table's DDL. At most 1024 characters. */
  comment(sentence: string): Column<S> {
    return this.#with({ comment: sentence })
  }

  #with<N extends ColumnState>(change: Partial<ColumnSpec>): Column<N> {
    return new Column<N>({ ...this.spec, ...change })
  }
}

function flagMerge<S extends ColumnState, M extends 'any' | 'all'>(
  of: Column<S>,
  merge: M,
): Column<With<S, { merge: M }>> {
  if (of.spec.type !== boolean) {
    throw new ChangeoverError('DEFINITION', `${merge}() is for boolean columns, and this one is ${of.spec.type.name}.`)
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

function fresh<In, Out>(type: DataType): Fresh<In, Out> {
  return new Column({
    type,
    nullable: false,
    default: undefined,
    merge: 'default',
    group: undefined,
    pii: false,
    comment: undefined,
  })
}

function inRange(what: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new ChangeoverError('DEFINITION', `${what} must be a whole number from ${low} to ${high}, and is ${value}.`)
}

/** The column types. */
export const column: ColumnTypes = Object.freeze({
  varchar: (length) => fresh(varchar(inRange('The length of varchar(n)', length, 1, 16383))),
  char: (length) => fresh(char(inRange('The length of char(n)', length, 1, 255))),
  text: () => fresh(text),
  int: () => fresh(int),
  bigint: () => fresh(bigint),
  decimal: (precision, scale) => {
    inRange('The precision of decimal(p, s)', precision, 1, 65)
    return fresh(decimal(precision, inRange('The scale of decimal(p, s)', scale, 0, Math.min(30, precision))))
  },
  double: () => fresh(double),
  boolean: () => fresh(boolean),
  date: () => fresh(date),
  datetime: () => fresh(datetime),
  json: () => fresh(json),
  uuid: () => fresh(uuid),
  objectId: () => fresh(objectId),
  binary: (length) => fresh(binary(inRange('The length of binary(n)', length, 1, 16383))),
  enum: (...words) => {
    inRange('The number of words of enum(…)', words.length, 1, 1000)
    return fresh(enumeration(words))
  },
} satisfies ColumnTypes)

/** The columns of a group, each knowing its group. */
export type Grouped<C extends Readonly<Record<string, Column>>, G extends string> = {
  readonly [N in keyof C]: C[N] extends Column<infer S> ? Column<With<S, { group: G }>> : never
}

/**
 * Columns that are always written together, and so share one stamp: `...group('address', { street: …, city: … })`. An edit sets
 * all of them or none; it is a type error, and at run time a reason for the quarantine, if it sets a part.
 */
export function group<const G extends string, C extends Readonly<Record<string, Column>>>(
  name: G,
  columns: C,
): Grouped<C, G> {
  const grouped = Object.entries(columns).map(([member, { spec }]) => [member, new Column({ ...spec, group: name })])
  return Object.fromEntries(grouped) as Grouped<C, G>
}

/** A value that JSON can hold. */
export type JsonInput =
  | string
  | number
  | boolean
  | Date
  | readonly JsonInput[]
  | { readonly [key: string]: JsonInput | null | undefined }

/** The column types: each a function that gives a fresh column. */
export interface ColumnTypes {
  /** Text of at most `length` characters (1 to 16383; as a key, 255 is safe). Case, accents and trailing spaces count. */
  varchar(length: number): Fresh<string, string>
  /** Text of exactly `length` characters (1 to 255). */
  char(length: number): Fresh<string, string>
  /** Text of less than 16 MiB. Not for keys. */
  text(): Fresh<string, string>
  /** An integer of 32 bits. */
  int(): Fresh<IntegerInput, number>
  /** An integer of 64 bits. Read back as a number while it is safe (2^53), else as a string. */
  bigint(): Fresh<IntegerInput, number | string>
  /** A decimal number of `precision` digits (1 to 65), `scale` of them (0 to 30) after the point. Never rounded. */
  decimal(precision: number, scale: number): Fresh<DecimalInput, string>
  /** A floating-point number; NaN and infinities are refused. Not for keys. */
  double(): Fresh<DoubleInput, number>
  boolean(): Fresh<boolean, number>
  /** A day. Of an instant, its day in UTC. */
  date(): Fresh<DayInput, string>
  /** An instant in UTC, to the millisecond. */
  datetime(): Fresh<InstantInput, Date>
  /** A value as canonical JSON text of less than 16 MiB. Not for keys. */
  json(): Fresh<JsonInput, string>
  uuid(): Fresh<string | Uint8Array | BinaryLike, string>
  /** An ObjectId, as its 24 hexadecimal digits. */
  objectId(): Fresh<ObjectIdLike | string, string>
  /** At most `length` bytes (1 to 16383). */
  binary(length: number): Fresh<Uint8Array | BinaryLike, Uint8Array>
  /** One of a list of words. */
  enum<const Words extends readonly [string, ...string[]]>(...words: Words): Fresh<Words[number], Words[number]>
}
