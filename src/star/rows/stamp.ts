import { hash } from 'node:crypto'
import { eventKey, integerOf, isObjectIdKey } from '../../event/index.ts'
import { compareBytes } from '../types/cell.ts'

/**
 * A stamp decides which of two writes to a `last` register wins: the greater one, compared as bytes.
 *
 *     0        8           14         16
 *     | position | tie-break | generation |
 *
 * The *position* is the event's place in the stream (an integer sequence, or the milliseconds of a Date), big-endian with its
 * sign bit flipped, so that bytes sort as integers do. The *tie-break* comes from the event's id. Of an ObjectId the
 * counter comes first, so that two writes of one process in one millisecond keep their order. The *generation* is the number of
 * the definition that wrote, big-endian: the same event under a later definition replaces only what it wrote before.
 *
 * Stamps are unique per event and generation, so equal stamps carry equal values, and the merge never has to look at values.
 */
export type Stamp = Uint8Array

export const STAMP_BYTES = 16
/** The part of a stamp that identifies the event: all but the generation. */
export const EVENT_BYTES = 14
/** The greatest number of a definition. It keeps the names of columns that carry one within the 64 characters of MySQL. */
export const MAX_GENERATION = 9999

/** The stamp of a register that nothing has written: less than every other. */
export const ABSENT: Stamp = Buffer.alloc(STAMP_BYTES)

const SIGN = 1n << 63n
/** The event's part of a stamp is never one of these: all zeros is {@link ABSENT}, all ones is erasure. */
const LEAST = Buffer.alloc(EVENT_BYTES)
const GREATEST = Buffer.alloc(EVENT_BYTES, 0xff)

/**
 * The position in a value of the source's `order` field, or undefined when it is neither an integer of 64 bits nor a
 * valid Date.
 */
export function positionOf(value: unknown): bigint | undefined {
  const position = value instanceof Date && !Number.isNaN(value.getTime()) ? BigInt(value.getTime()) : integerOf(value)
  return position !== undefined && position >= -SIGN && position < SIGN ? position : undefined
}

/**
 * The stamp of an event: its position, its id and the generation (0 to {@link MAX_GENERATION}). `scope` names the migration: two
 * migrations may share a table, and events of two collections may share an id.
 */
export function stampOf(position: bigint, id: unknown, generation: number, scope = ''): Stamp {
  return stampOfKey(position, eventKey(id), generation, scope)
}

/** The stamp of an event by the key of its id. */
export function stampOfKey(position: bigint, key: Uint8Array, generation: number, scope: string): Stamp {
  const stamp = Buffer.alloc(STAMP_BYTES)
  stamp.writeBigUInt64BE(position + SIGN, 0)
  if (isObjectIdKey(key)) {
    const bytes = key.subarray(1)
    stamp.set(bytes.subarray(9, 12), 8)
    hash('sha256', Buffer.concat([bytes, Buffer.from(scope)]), 'buffer').copy(stamp, 11, 0, 3)
  } else {
    hash('sha256', Buffer.concat([Buffer.from(`${scope}\0`), key]), 'buffer').copy(stamp, 8, 0, 6)
  }
  if (isReserved(stamp)) stamp[EVENT_BYTES - 1]! ^= 1
  stamp.writeUInt16BE(generation, EVENT_BYTES)
  return stamp
}

/** Whether the event's part is that of {@link ABSENT} or of erasure. The first byte rules out nearly every event. */
function isReserved(stamp: Buffer): boolean {
  const [first] = stamp
  if (first !== 0 && first !== 0xff) return false
  const event = stamp.subarray(0, EVENT_BYTES)
  return event.equals(LEAST) || event.equals(GREATEST)
}

/** The generation in a stamp. */
export function generationIn(stamp: Stamp): number {
  return stamp[EVENT_BYTES]! * 256 + stamp[EVENT_BYTES + 1]!
}

/** Whether a register was written, but not by this generation or a later one. */
export function isOutdated(stamp: Stamp, generation: number): boolean {
  return compareBytes(stamp, ABSENT) !== 0 && generationIn(stamp) < generation
}

/**
 * The stamp of erasure: greater than that of every event, so that no late event brings a value back. An erasure under a later
 * definition replaces the earlier one, so that it reaches columns that the earlier definition did not have.
 */
export function erasedStamp(generation: number): Stamp {
  const stamp = Buffer.alloc(STAMP_BYTES, 0xff)
  stamp.writeUInt16BE(generation, EVENT_BYTES)
  return stamp
}

/** Whether a stamp is one of erasure. */
export function isErased(stamp: Stamp): boolean {
  return stamp[0] === 0xff && GREATEST.equals(stamp.subarray(0, EVENT_BYTES))
}

/**
 * The same stamp for a register that keeps the *smallest*: every byte but the generation inverted. So `first` is `last` under
 * inverted stamps, one merge serves both, and a later definition replaces the earlier one in both.
 */
export function inverted(stamp: Stamp): Stamp {
  const result = Buffer.from(stamp)
  for (let i = 0; i < EVENT_BYTES; i++) result[i] = 0xff - stamp[i]!
  return result
}
