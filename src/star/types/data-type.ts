import { bsonType } from '../../event/index.ts'
import type { Cell, CellOrder } from './cell.ts'

/** A column type: its form in SQL, how BSON and JS values become cells, and how cells are ordered. */
export interface DataType {
  /** The type as in a definition: `varchar(60)`. */
  readonly name: string
  /** The type in DDL, without character set and collation: `VARCHAR(60)`. */
  readonly sql: string
  /** `utf8mb4` for any text, `ascii` for identifiers that are always ASCII. */
  readonly charset?: 'utf8mb4' | 'ascii'
  /** The most bytes that a value takes in an index; undefined if the type cannot be part of a key. */
  readonly keyBytes?: number
  /**
   * Turns a BSON or JS value into a cell without loss, or into a {@link Misfit} that says why it does not fit.
   * Never called with `null` or `undefined`.
   */
  readonly encode: (value: unknown) => NonNullable<Cell> | Misfit
  /** Turns a non-NULL value of the MySQL driver into a cell. Dates, decimals and 64-bit integers come as strings. */
  readonly decode: (raw: unknown) => NonNullable<Cell>
  readonly order: CellOrder
  /**
   * How a checksum of rows encodes a value:
   *
   * - `text`: as SQL casts it to text, which is the same as JS's `String`.
   * - `hex`: in hexadecimal.
   * - `digest`: as its SHA-256.
   * - `double`: as sign, exponent and mantissa, because servers differ in the digits of a double.
   *
   * @defaultValue `'text'`
   */
  readonly canonical?: 'text' | 'hex' | 'digest' | 'double'
}

/** The reason why a value does not fit a type: the end of a sentence that begins with the column and the value. */
export class Misfit {
  // By a brand, not by the class: a project and a global command line may each have their own copy of the package.
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && '~misfit' in value
  }

  readonly '~misfit' = true
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** Renders a value for an error message, short and quoted. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const quoted = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
    return value.length > 40 ? `${quoted} (${value.length} characters)` : quoted
  }
  if (typeof value === 'number' || typeof value === 'boolean') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const bson = bsonType(value)
  if (bson !== undefined) return `${bson} ${String(value)}`.slice(0, 60)
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a value of type ${typeof value}`
}
