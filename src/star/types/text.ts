import { compareBytes, compareText } from './cell.ts'
import { isPlainObject } from '../../core/index.ts'
import { bsonType, bytesOf, type BinaryLike, type ObjectIdLike } from '../../event/index.ts'
import { Misfit, type DataType } from './data-type.ts'

const UTF8_BYTES = 4
const textOrder: DataType['order'] = (a, b) => compareText(a as string, b as string)

/** Text of at most `length` characters (code points). */
export function varchar(length: number): DataType {
  return {
    name: `varchar(${length})`,
    sql: `VARCHAR(${length})`,
    charset: 'utf8mb4',
    keyBytes: length * UTF8_BYTES + 2,
    encode: (value) => textUpTo(value, length),
    decode: String,
    order: textOrder,
  }
}

/** Text of exactly `length` characters. Stored as VARCHAR, because CHAR loses trailing spaces. */
export function char(length: number): DataType {
  return {
    ...varchar(length),
    name: `char(${length})`,
    encode: (value) => {
      const text = textUpTo(value, length)
      return text instanceof Misfit || codePoints(text) === length
        ? text
        : new Misfit(`is not ${length} characters long`)
    },
  }
}

/** Text of less than 16 MiB in UTF-8. */
export const text: DataType = {
  name: 'text',
  sql: 'MEDIUMTEXT',
  charset: 'utf8mb4',
  encode: (value) => {
    const written = textUpTo(value, 2 ** 24)
    return written instanceof Misfit || Buffer.byteLength(written) < 2 ** 24 ? written : new Misfit('is 16 MiB or more')
  },
  decode: String,
  order: textOrder,
  canonical: 'digest',
}

/** One of a list of words. Stored as text, so adding a word changes no table. */
export function enumeration(words: readonly string[]): DataType {
  const length = Math.max(1, ...words.map(codePoints))
  return {
    ...varchar(length),
    name: `enum(${words.map((word) => `'${word}'`).join(', ')})`,
    encode: (value) =>
      typeof value === 'string' && words.includes(value) ? value : new Misfit(`is not one of ${words.join(', ')}`),
  }
}

/** An ObjectId as its 24 hexadecimal digits. */
export const objectId: DataType = {
  name: 'objectId',
  sql: 'CHAR(24)',
  charset: 'ascii',
  keyBytes: 24,
  encode: (value) => {
    const hex = bsonType(value) === 'ObjectId' ? (value as ObjectIdLike).toHexString() : value
    if (typeof hex !== 'string' || !/^[0-9a-f]{24}$/i.test(hex)) {
      return new Misfit('is neither an ObjectId nor its 24 hexadecimal digits')
    }
    return hex.toLowerCase()
  },
  decode: String,
  order: textOrder,
}

/** A UUID in its usual form of 36 characters, lower case. */
export const uuid: DataType = {
  name: 'uuid',
  sql: 'CHAR(36)',
  charset: 'ascii',
  keyBytes: 36,
  encode: (value) => {
    const written = typeof value === 'string' ? value : (uuidOfBinary(value) ?? '')
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(written)
      ? written.toLowerCase()
      : new Misfit('is not a UUID (a BSON Binary of subtype 4, or 36 characters)')
  },
  decode: String,
  order: textOrder,
}

function uuidOfBinary(value: unknown): string | undefined {
  const bytes = bytesOf(value)
  if (bytes?.length !== 16 || (bsonType(value) === 'Binary' && (value as BinaryLike).sub_type !== 4)) return undefined
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** At most `length` bytes. */
export function binary(length: number): DataType {
  return {
    name: `binary(${length})`,
    sql: `VARBINARY(${length})`,
    keyBytes: length + 2,
    encode: (value) => {
      const bytes = bytesOf(value)
      if (bytes === undefined) return new Misfit('is neither a Buffer nor a BSON Binary')
      return bytes.length > length ? new Misfit(`is longer than ${length} bytes`) : bytes
    },
    decode: (raw) => raw as Uint8Array,
    order: (a, b) => compareBytes(a as Uint8Array, b as Uint8Array),
    canonical: 'hex',
  }
}

/** A stamp: exactly 16 bytes, never NULL. */
export const stampType: DataType = { ...binary(16), name: 'stamp', sql: 'BINARY(16)' }

/** At most 4 GiB of bytes. For internal tables only. */
export const blob: DataType = { ...binary(2 ** 32 - 1), name: 'blob', sql: 'LONGBLOB', canonical: 'digest' }

/** JSON in one canonical form, with sorted keys. Stored as text, so that MySQL and MariaDB keep the same bytes. */
export const json: DataType = {
  name: 'json',
  sql: 'MEDIUMTEXT',
  charset: 'utf8mb4',
  encode: (value) => {
    try {
      const written = JSON.stringify(sorted(value, 0))
      return text.encode(written)
    } catch (thrown) {
      return new Misfit(thrown instanceof Error ? thrown.message : 'cannot be written as JSON')
    }
  },
  decode: String,
  order: textOrder,
  canonical: 'digest',
}

function sorted(value: unknown, depth: number): unknown {
  if (depth > 100) throw new Error('is nested more than 100 levels deep')
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('contains a number that is not finite')
    return value
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new Error('contains an invalid Date')
    return value.toJSON()
  }
  // A hole in an array is refused as undefined is.
  if (Array.isArray(value)) return Array.from(value, (item) => sorted(item, depth + 1))
  if (isPlainObject(value) && bsonType(value) === undefined) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => compareText(a, b))
    // Without a prototype, a key named __proto__ is like any other.
    const result = Object.create(null) as Record<string, unknown>
    for (const [key, item] of entries) result[key] = sorted(item, depth + 1)
    return result
  }
  throw new Error(
    `contains a value that JSON cannot represent exactly (${typeNameOf(value)}); ` +
      'convert it to a string, or to plain objects and arrays',
  )
}

/** The type of a value, or the name of its class. */
function typeNameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  const name = bsonType(value) ?? (value.constructor as { readonly name?: unknown } | undefined)?.name
  return typeof name === 'string' && name !== '' ? name : 'object'
}

function textUpTo(value: unknown, length: number): string | Misfit {
  if (typeof value !== 'string') return new Misfit('is not a string')
  if (!value.isWellFormed()) return new Misfit('contains half of a surrogate pair, which UTF-8 cannot encode')
  // A string never has fewer units than code points, so only long ones need counting.
  return value.length > length && codePoints(value) > length ? new Misfit(`is longer than ${length} characters`) : value
}

function codePoints(written: string): number {
  let count = 0
  for (const _ of written) count++
  return count
}
