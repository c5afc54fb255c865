import { bsonType } from '../../event/index.ts'
import type { Cell, CellOrder } from './cell.ts'

/** How a column's values look in SQL, how they are taken from BSON and JS, and how they are ordered. */
export interface DataType {
  /** The type as the user wrote it: `varchar(60)`. */
  readonly name: string
  /** The type in DDL, the character set and collation left out: `VARCHAR(60)`. */
  readonly sql: string
  /** `utf8mb4` for text of the user's, `ascii` for identifiers that are ASCII by construction. */
  readonly charset?: 'utf8mb4' | 'ascii'
  /** The most bytes a value takes in an index; absent where the type cannot be (part of) a key. */
  readonly keyBytes?: number
  /**
   * A value as BSON or JS gives it, without loss, or a {@link Misfit} that says what does not fit.
   * `null` and `undefined` never get here.
   */
  readonly encode: (value: unknown) => NonNullable<Cell> | Misfit
  /** A non-NULL value as the MySQL driver gives it (dates, decimals and 64-bit integers as strings). */
  readonly decode: (raw: unknown) => NonNullable<Cell>
  readonly order: CellOrder
  /**
   * How a value is written where rows are compared by checksum.
   *
   * @defaultValue `'text'`: as SQL casts it to text
   */
  readonly canonical?: 'text' | 'hex' | 'digest'
  /** The value as SQL casts it to text, where that is not what JS makes of it. */
  readonly sqlText?: (cell: NonNullable<Cell>) => string
}

/** Why a value does not fit a type: the end of a sentence that begins with the column and the value. */
export class Misfit {
  // By a brand, not by the class: a project and a global command line may each have a copy of the package.
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && '~misfit' in value
  }

  readonly '~misfit' = true
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** A value for an error message: its type and a short, quoted rendering. */
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
