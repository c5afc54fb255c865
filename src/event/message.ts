import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ChangeoverError, messageOf } from '../core/index.ts'
import { splitDocuments } from './codec.ts'

/**
 * A message's body: JSON that says what it is, so that a person who looks into a queue can tell, and in it the events as
 * BSON, one after the other, compressed when that pays, in base64.
 */
interface Body {
  readonly changeover: 1
  readonly migration: string
  readonly events: number
  readonly encoding: 'bson' | 'bson+zstd'
  readonly data: string
}

/** The most that a message may inflate to, in bytes: a bound against forged bodies. */
export const MAX_INFLATED_BYTES: number = 64 * 2 ** 20

const COMPRESS_FROM_BYTES = 512

/** The body of one message. */
export function encodeMessage(migration: string, events: readonly Uint8Array[]): string {
  const run = Buffer.concat(events)
  const small = run.length >= COMPRESS_FROM_BYTES ? zstdCompressSync(run) : run
  const pays = small.length < run.length
  return JSON.stringify({
    changeover: 1,
    migration,
    events: events.length,
    encoding: pays ? 'bson+zstd' : 'bson',
    data: (pays ? small : run).toString('base64'),
  } satisfies Body)
}

/**
 * Packs events into as few bodies as stay within `limitBytes` each. An event that does not fit alone is given back in
 * `oversized`, by its index; nothing is dropped.
 */
export function packMessages(
  migration: string,
  events: readonly Uint8Array[],
  limitBytes: number,
): {
  readonly bodies: readonly { readonly body: string; readonly events: number }[]
  readonly oversized: readonly number[]
} {
  const bodies: { body: string; events: number }[] = []
  const oversized: number[] = []
  const pack = (from: number, to: number): void => {
    if (from >= to) return
    const run = events.slice(from, to)
    // What compresses well must still be no more than a reader inflates.
    const inflated = run.reduce((sum, event) => sum + event.length, 0)
    const body = inflated <= MAX_INFLATED_BYTES ? encodeMessage(migration, run) : undefined
    if (body !== undefined && body.length <= limitBytes) bodies.push({ body, events: to - from })
    else if (to - from === 1) oversized.push(from)
    else {
      const middle = Math.floor((from + to) / 2)
      pack(from, middle)
      pack(middle, to)
    }
  }
  pack(0, events.length)
  return { bodies, oversized }
}

/** What is in a message, or why it cannot be read. */
export type DecodedMessage =
  | { readonly migration: string; readonly events: readonly Uint8Array[] }
  | { readonly malformed: string }

/** Reads a body, which may be anybody's. Never throws. */
export function decodeMessage(text: string): DecodedMessage {
  try {
    const body = bodyOf(JSON.parse(text))
    const data = Buffer.from(body.data, 'base64')
    const run = body.encoding === 'bson' ? data : zstdDecompressSync(data, { maxOutputLength: MAX_INFLATED_BYTES })
    const events = splitDocuments(run)
    if (events?.length !== body.events) return { malformed: `It should hold ${body.events} events and does not.` }
    return { migration: body.migration, events }
  } catch (thrown) {
    return { malformed: `It is not a message of changeover: ${messageOf(thrown, 200)}` }
  }
}

function bodyOf(value: unknown): Body {
  const body = value as Partial<Body> | null
  if (body?.changeover !== 1) throw new ChangeoverError('MALFORMED', 'the version is not 1')
  if (typeof body.migration !== 'string' || typeof body.data !== 'string' || !Number.isInteger(body.events)) {
    throw new ChangeoverError('MALFORMED', 'migration, events or data is missing')
  }
  if (body.encoding !== 'bson' && body.encoding !== 'bson+zstd')
    throw new ChangeoverError('MALFORMED', 'the encoding is unknown')
  return body as Body
}
