// BSON values are recognised by their `_bsontype`, so that every copy and version of the library will do.

/** BSON's ObjectId, structurally. */
export interface ObjectIdLike {
  readonly _bsontype: 'ObjectId'
  toHexString(): string
}
/** BSON's Binary (and UUID, which is one), structurally. */
export interface BinaryLike {
  readonly _bsontype: 'Binary'
  readonly sub_type: number
  readonly buffer: Uint8Array
  readonly position: number
}
/** BSON's 64-bit integer, structurally. */
export interface LongLike {
  readonly _bsontype: 'Long'
  toBigInt(): bigint
}
/** BSON's Int32 and Double, structurally; a driver returns them if it does not promote values. */
export interface WrappedNumber {
  readonly _bsontype: 'Int32' | 'Double'
  valueOf(): number
}
/** BSON's 128-bit decimal, structurally. */
export interface Decimal128Like {
  readonly _bsontype: 'Decimal128'
  toString(): string
}

/** The `_bsontype` of a BSON value, or undefined for any other value. */
export function bsonType(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('_bsontype' in value)) return undefined
  return typeof value._bsontype === 'string' ? value._bsontype : undefined
}

/** The value as an integer, or undefined if it is not exactly one. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  const bson = bsonType(value)
  if (bson === 'Long') return (value as LongLike).toBigInt()
  if (bson === 'Int32' || bson === 'Double') return integerOf((value as WrappedNumber).valueOf())
  return undefined
}

/** The bytes of a Uint8Array or a BSON Binary, or undefined for any other value. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (bsonType(value) !== 'Binary') return undefined
  const { buffer, position } = value as BinaryLike
  return buffer.subarray(0, position)
}
