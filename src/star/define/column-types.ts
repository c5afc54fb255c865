import { ChangeoverError } from '../../core/index.ts'
import type { BinaryLike, ObjectIdLike } from '../../event/index.ts'
import type { DataType } from '../types/data-type.ts'
import { bigint, boolean, decimal, double, int } from '../types/number.ts'
import type { DecimalInput, DoubleInput, IntegerInput } from '../types/number.ts'
import { binary, char, enumeration, json, objectId, text, uuid, varchar } from '../types/text.ts'
import { date, datetime } from '../types/time.ts'
import type { DayInput, InstantInput } from '../types/time.ts'
import { Column, type Fresh } from './column.ts'

/** A value that JSON can hold. */
export type JsonInput =
  | string
  | number
  | boolean
  | Date
  | readonly JsonInput[]
  | { readonly [key: string]: JsonInput | null | undefined }

/** The column types: each is a function that returns a new column. */
export interface ColumnTypes {
  /** Text of at most `length` characters (1 to 16383; as a key, 255 is safe). Case, accents and trailing spaces are significant. */
  varchar(length: number): Fresh<string, string>
  /** Text of exactly `length` characters (1 to 255). */
  char(length: number): Fresh<string, string>
  /** Text of less than 16 MiB. Not for keys. */
  text(): Fresh<string, string>
  /** An integer of 32 bits. */
  int(): Fresh<IntegerInput, number>
  /** An integer of 64 bits. Read back as a number up to 2^53, otherwise as a string. */
  bigint(): Fresh<IntegerInput, number | string>
  /** A decimal number of `precision` digits (1 to 65), `scale` of them (0 to 30) after the point. Never rounded. */
  decimal(precision: number, scale: number): Fresh<DecimalInput, string>
  /** A floating-point number; NaN and infinities are refused. Not for keys. */
  double(): Fresh<DoubleInput, number>
  /** True or false, stored as 1 or 0. */
  boolean(): Fresh<boolean, number>
  /** A day. Of an instant, its day in UTC. */
  date(): Fresh<DayInput, string>
  /** An instant in UTC, to the millisecond. */
  datetime(): Fresh<InstantInput, Date>
  /** A value as canonical JSON text of less than 16 MiB. Not for keys. */
  json(): Fresh<JsonInput, string>
  /** A UUID, as its 36 characters in lower case. */
  uuid(): Fresh<string | Uint8Array | BinaryLike, string>
  /** An ObjectId, as its 24 hexadecimal digits. */
  objectId(): Fresh<ObjectIdLike | string, string>
  /** At most `length` bytes (1 to 16383). */
  binary(length: number): Fresh<Uint8Array | BinaryLike, Uint8Array>
  /** One of a list of words. Adding a word later changes no table. */
  enum<const Words extends readonly [string, ...string[]]>(...words: Words): Fresh<Words[number], Words[number]>
}

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
  throw new ChangeoverError('DEFINITION', `${what} is ${value}.`, {
    remedy: `Use a whole number from ${low} to ${high}.`,
  })
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
