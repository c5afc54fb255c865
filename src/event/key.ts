import { hash } from 'node:crypto'
import { bsonType, bytesOf, integerOf, type ObjectIdLike } from './values.ts'

/** The longest event key, in bytes. */
export const EVENT_KEY_BYTES = 34

/**
 * An event's id as bytes: distinct ids give distinct keys, and equal ids (7, 7.0 and a Long of 7) give the same key. An id of
 * more than 33 bytes is hashed (SHA-256). Throws a TypeError for an id that no event can have.
 */
export function eventKey(id: unknown): Uint8Array {
  if (bsonType(id) === 'ObjectId') return Buffer.from(`07${(id as ObjectIdLike).toHexString()}`, 'hex')
  const key = encode(id, 0)
  if (key.length <= EVENT_KEY_BYTES) return key
  return Buffer.concat([Buffer.of(0xff), hash('sha256', key, 'buffer')])
}

// A byte for the type, then the value. Inside an object each part follows its length, so no two objects have one encoding.
function encode(value: unknown, depth: number): Buffer {
  if (typeof value === 'string') return Buffer.from(`\u0002${value}`)
  const whole = integerOf(value)
  if (whole !== undefined) return Buffer.from(`\u0010${whole}`)
  if (typeof value === 'number') return Buffer.from(`\u0001${value}`)
  if (typeof value === 'boolean') return Buffer.from(`\u0008${value}`)
  if (value === null) return Buffer.of(0x0a)
  if (value instanceof Date) return Buffer.from(`\u0009${value.getTime()}`)
  const bytes = bytesOf(value)
  if (bytes !== undefined) return Buffer.concat([Buffer.of(0x05, subtypeOf(value)), bytes])
  const bson = bsonType(value)
  if (bson !== undefined) return Buffer.from(`\u0011${bson} ${JSON.stringify(value)}`)
  if (value instanceof RegExp) return Buffer.from(`\u000b${String(value)}`)
  if (typeof value !== 'object' || depth > 10) throw new TypeError(`an event's id cannot be of type ${typeof value}`)
  const parts = Object.entries(value).flatMap(([name, part]) => [Buffer.from(name), encode(part, depth + 1)])
  return Buffer.concat([
    Buffer.of(Array.isArray(value) ? 0x04 : 0x03),
    ...parts.flatMap((part) => [lengthOf(part), part]),
  ])
}

function subtypeOf(value: unknown): number {
  return value instanceof Uint8Array ? 0 : (value as { sub_type: number }).sub_type
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(part.length)
  return length
}
