import { hash } from 'node:crypto'
import { eventKey, integerOf, isObjectIdKey } from '../../event/index.ts'

/**
 * A stamp decides which of two writes to a `last` register wins: the greater one, compared as bytes.
 *
 *     0        8              15 16
 *     | position | tie-break  |rev|
 *
 * The *position* is the event's place in the stream (an integer sequence, or the milliseconds of a Date), big-endian with its
 * sign bit flipped, so that bytes sort as integers do. The *tie-break* comes from the event's id. Of an ObjectId the
 * counter comes first, so that two writes of one process in one millisecond keep their order. The *revision* is that of the
 * mapping: the same event under a corrected mapping replaces what it wrote before, and nothing else.
 *
 * Stamps are unique per event and revision, so equal stamps carry equal values, and the merge never has to look at values.
 */
export type Stamp = Uint8Array

export const STAMP_BYTES = 16
/** The part of a stamp that identifies the event: all but the revision. */
export const EVENT_BYTES = 15
export const MAX_REVISION = 255

/** The stamp of a register that nothing has written: less than every other. */
export const ABSENT: Stamp = Buffer.alloc(STAMP_BYTES)

/** The stamp of erasure: greater than every other, so that no late event brings a value back. */
export const ERASED: Stamp = Buffer.alloc(STAMP_BYTES, 0xff)

const SIGN = 1n << 63n

/**
 * The position in a value of the source's `order` field, or undefined when it is neither an integer of 64 bits nor a
 * valid Date.
 */
export function positionOf(value: unknown): bigint | undefined {
  const position = value instanceof Date && !Number.isNaN(value.getTime()) ? BigInt(value.getTime()) : integerOf(value)
  return position !== undefined && position >= -SIGN && position < SIGN ? position : undefined
}

/**
 * The stamp of an event: its position, its id and the mapping's revision (1 to 255). `scope` names the migration: two
 * migrations may share a table, and events of two collections may share an id.
 */
export function stampOf(position: bigint, id: unknown, revision: number, scope = ''): Stamp {
  return stampOfKey(position, eventKey(id), revision, scope)
}

/** The stamp of an event by the key of its id. */
export function stampOfKey(position: bigint, key: Uint8Array, revision: number, scope: string): Stamp {
  const stamp = Buffer.alloc(STAMP_BYTES)
  stamp.writeBigUInt64BE(position + SIGN, 0)
  if (isObjectIdKey(key)) {
    const bytes = key.subarray(1)
    stamp.set(bytes.subarray(9, 12), 8)
    hash('sha256', Buffer.concat([bytes, Buffer.from(scope)]), 'buffer').copy(stamp, 11, 0, 4)
  } else {
    hash('sha256', Buffer.concat([Buffer.from(`${scope}\0`), key]), 'buffer').copy(stamp, 8, 0, 7)
  }
  stamp[EVENT_BYTES] = revision
  return stamp
}

/** The mapping's revision in a stamp. */
export function revisionIn(stamp: Stamp): number {
  return stamp[EVENT_BYTES]!
}

/**
 * The same stamp for a register that keeps the *smallest*: every byte but the revision inverted. So `first` is `last` under
 * inverted stamps, one merge serves both, and a raised revision replaces the earlier one in both.
 */
export function inverted(stamp: Stamp): Stamp {
  const result = Buffer.allocUnsafe(STAMP_BYTES)
  for (let i = 0; i < EVENT_BYTES; i++) result[i] = 0xff - stamp[i]!
  result[EVENT_BYTES] = stamp[EVENT_BYTES]!
  return result
}
