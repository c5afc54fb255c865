import { bsonType } from '../event/index.ts'
import { decimal, Misfit } from '../star/index.ts'

/** How far two floating-point numbers may be apart, relative to the greater, and still be one value. */
export const FLOAT_TOLERANCE = 1e-9

const EXACT = decimal(65, 30)

/**
 * Whether two systems mean the same by two values: numbers by value, whatever type carries them (a sum comes from MySQL as the
 * text of a DECIMAL); instants by instant; floating-point numbers within {@link FLOAT_TOLERANCE}; nothing by nothing.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b)
  if (a instanceof Date || b instanceof Date) return instant(a) === instant(b)
  if (isNumeric(a) || isNumeric(b)) return sameNumber(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return keyPart(a) === keyPart(b)
}

/**
 * A value as the part of a key by which rows of two systems are joined: texts as they are, numbers by value, an instant at
 * midnight in UTC as its day.
 */
export function keyPart(value: unknown): string {
  // No text holds the character of a NULL.
  if (isNothing(value)) return '\0'
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '')
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (isNumeric(value)) return plain(value) ?? String(value)
  if (typeof value === 'string') return value
  return bsonType(value) === undefined ? JSON.stringify(value) : String(value)
}

function sameNumber(a: unknown, b: unknown): boolean {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isFinite(x) && Number.isFinite(y) && isFloat(a, b)) {
    return Math.abs(x - y) <= FLOAT_TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
  }
  const [left, right] = [plain(a), plain(b)]
  return left !== undefined && left === right
}

// Only where a side has been computed with floating-point numbers is there an error to tolerate.
function isFloat(...values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'number' && !Number.isInteger(value))
}

/** A number in one canonical text, or undefined when it is none. */
function plain(value: unknown): string | undefined {
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

function isNothing(value: unknown): boolean {
  return value === null || value === undefined
}

// A day, or a time with or without its zone: MySQL's own form has a blank and no zone, and the session's zone is UTC.
const TIME = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/

function instant(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime()
  const [, day, time = '00:00', zone = 'Z'] = (typeof value === 'string' && TIME.exec(value)) || []
  if (day === undefined) return undefined
  const at = Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(at) ? undefined : at
}
