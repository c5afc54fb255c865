import { bsonType } from '../event/index.ts'
import { decimal, Misfit } from '../star/index.ts'

/** How far apart two floating-point numbers may be, relative to the greater one, and still count as the same value. */
export const FLOAT_TOLERANCE = 1e-9

const EXACT = decimal(65, 30)

/**
 * Whether two values of two systems mean the same. Numbers are compared by value, whatever their type (MySQL returns a sum as the
 * text of a DECIMAL), and floating-point numbers within {@link FLOAT_TOLERANCE}; times by instant; `null` and `undefined` are the same.
 *
 * @example
 * import { sameValue } from 'changeover/reconcile'
 *
 * console.log(sameValue(7, '7.00'), sameValue(new Date(0), '1970-01-01 00:00:00')) // true true
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b)
  if (a instanceof Date || b instanceof Date) return instantOf(a) === instantOf(b)
  if (isNumeric(a) || isNumeric(b)) return sameNumber(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return keyPart(a) === keyPart(b)
}

/**
 * A value as the part of a key that joins the rows of two systems: a text as it is, a number by value, an instant at midnight in UTC
 * as its day.
 */
export function keyPart(value: unknown): string {
  // A character that no text of a report contains.
  if (isAbsent(value)) return '\0'
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '')
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (isNumeric(value)) return canonicalNumber(value) ?? String(value)
  if (typeof value === 'string') return value
  return bsonType(value) === undefined ? JSON.stringify(value) : String(value)
}

function sameNumber(a: unknown, b: unknown): boolean {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isFinite(x) && Number.isFinite(y) && isFloat(a, b)) {
    return Math.abs(x - y) <= FLOAT_TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
  }
  const [left, right] = [canonicalNumber(a), canonicalNumber(b)]
  return left !== undefined && left === right
}

// Rounding errors come only from a side that computed with floating-point numbers.
function isFloat(...values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'number' && !Number.isInteger(value))
}

/** A number as one canonical text, or undefined when the value is not a number. */
function canonicalNumber(value: unknown): string | undefined {
  const known = typeof value === 'boolean' ? Number(value) : value
  const cell = EXACT.encode(known)
  return cell instanceof Misfit ? undefined : String(cell).replace(/\.?0+$/, '')
}

function isNumeric(value: unknown): boolean {
  const bson = bsonType(value)
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean' ||
    bson === 'Long' ||
    bson === 'Decimal128' ||
    bson === 'Int32' ||
    bson === 'Double'
  )
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined
}

// A day, or a time with or without a zone. MySQL writes a blank and no zone, and the zone of the session is UTC.
const TIME = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/

function instantOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime()
  const [, day, time = '00:00', zone = 'Z'] = (typeof value === 'string' && TIME.exec(value)) || []
  if (day === undefined) return undefined
  const at = Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(at) ? undefined : at
}
