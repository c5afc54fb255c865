import { compareNumbers, type Cell } from './cell.ts'
import { bsonType, integerOf, type Decimal128Like, type LongLike, type WrappedNumber } from '../../event/index.ts'
import { Misfit, type DataType } from './data-type.ts'

/** What an integer column takes. */
export type IntegerInput = number | bigint | LongLike | WrappedNumber
/** What a decimal column takes; a string is read as a decimal number. */
export type DecimalInput = string | IntegerInput | Decimal128Like
/** What a floating-point column takes. */
export type DoubleInput = number | WrappedNumber

export const int: DataType = {
  name: 'int',
  sql: 'INT',
  keyBytes: 4,
  encode: (value) => {
    const whole = wholeNumber(value, 31n, 'a 32-bit integer')
    return whole instanceof Misfit ? whole : Number(whole)
  },
  decode: Number,
  order: (a, b) => compareNumbers(a as number, b as number),
}

export const bigint: DataType = {
  name: 'bigint',
  sql: 'BIGINT',
  keyBytes: 8,
  encode: (value) => wholeNumber(value, 63n, 'a 64-bit integer'),
  decode: (raw) => BigInt(raw as string | number | bigint),
  order: (a, b) => compareNumbers(a as bigint, b as bigint),
}

function wholeNumber(value: unknown, bits: bigint, what: string): bigint | Misfit {
  const whole = integerOf(value)
  if (whole === undefined) {
    const large = typeof value === 'number' && Number.isInteger(value)
    return new Misfit(`is not ${what}${large ? ' that a JS number holds exactly; pass a bigint or a Long' : ''}`)
  }
  const limit = 1n << bits
  return whole < -limit || whole >= limit
    ? new Misfit(`is outside the range of ${what} (${-limit} to ${limit - 1n})`)
    : whole
}

export const boolean: DataType = {
  name: 'boolean',
  sql: 'TINYINT(1)',
  keyBytes: 1,
  encode: (value) => (typeof value === 'boolean' ? Number(value) : new Misfit('is not true or false')),
  decode: Number,
  order: (a, b) => compareNumbers(a as number, b as number),
}

export const double: DataType = {
  name: 'double',
  sql: 'DOUBLE',
  encode: (value) => {
    const number = bsonType(value) === 'Double' || bsonType(value) === 'Int32' ? Number(value) : value
    if (typeof number !== 'number') return new Misfit('is not a number')
    if (!Number.isFinite(number)) return new Misfit('is not finite; SQL has no such number')
    return number === 0 ? 0 : number
  },
  decode: Number,
  order: (a, b) => compareNumbers(a as number, b as number),
  canonical: 'double',
}

/** A decimal of `precision` digits, `scale` of them after the point. */
export function decimal(precision: number, scale: number): DataType {
  const limit = 10n ** BigInt(precision)
  const what = `decimal(${precision},${scale})`
  return {
    name: what,
    sql: `DECIMAL(${precision},${scale})`,
    keyBytes: 4 * Math.ceil(precision / 9) + 4,
    encode: (value): NonNullable<Cell> | Misfit => {
      const text = decimalText(value)
      const parts = text === undefined ? undefined : decimalParts(text)
      if (parts === undefined) return new Misfit('is not a decimal number')
      const shift = scale - parts.scale
      if (shift > 100) return new Misfit(`has an exponent out of range for ${what}`)
      const unscaled = shift >= 0 ? parts.digits * 10n ** BigInt(shift) : parts.digits / 10n ** BigInt(-shift)
      if (shift < 0 && unscaled * 10n ** BigInt(-shift) !== parts.digits) {
        return new Misfit(`has more than ${scale} digits after the point and would be rounded`)
      }
      return unscaled <= -limit || unscaled >= limit
        ? new Misfit(`has more than ${precision - scale} digits before the point`)
        : fixed(unscaled, scale)
    },
    decode: (raw) => fixed(BigInt(String(raw).replace('.', '')), scale),
    order: (a, b) => compareNumbers(unscaledOf(a as string), unscaledOf(b as string)),
  }
}

function unscaledOf(text: string): bigint {
  return BigInt(text.replace('.', ''))
}

function decimalText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  const bson = bsonType(value)
  if (bson === 'Decimal128') return String(value)
  if (bson === 'Double') return decimalText(Number(value))
  return integerOf(value)?.toString()
}

/** The number is `digits * 10^-scale`. Trailing zeros are removed, so that 0e-200 is small too. */
function decimalParts(text: string): { digits: bigint; scale: number } | undefined {
  const match = /^([+-]?)(\d{0,400})(?:\.(\d{0,400}))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const significant = (whole + fraction).replace(/0+$/, '')
  const dropped = whole.length + fraction.length - significant.length
  const digits = BigInt(significant || '0')
  if (digits === 0n) return { digits, scale: 0 }
  const scale = fraction.length - Number(exponent) - dropped
  if (Math.abs(scale) > 1000) return undefined
  return { digits: sign === '-' ? -digits : digits, scale }
}

function fixed(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return negative ? `-${text}` : text
}
