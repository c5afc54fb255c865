import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ChangeoverError, messageOf } from '../core/index.ts'
import { splitDocuments } from './codec.ts'

/**
 * The body of a message: JSON that a person who looks into a queue can recognise. It holds the events as BSON, one after the
 * other, in base64, compressed where that makes them smaller.
 */
interface Body {
  readonly changeover: 1
  readonly migration: string
  /** The fingerprint of the definition that captured the events. */
  readonly definition?: string
  /** A digest of what of an event that definition lets leave the host. */
  readonly capture?: string
  readonly events: number
  readonly encoding: 'bson' | 'bson+zstd'
  readonly data: string
}

/** The most that a message may inflate to, in bytes. Protects the reader against forged bodies. */
export const MAX_INFLATED_BYTES: number = 64 * 2 ** 20

/**
 * The most events that a message may hold. Protects the reader against forged bodies: 64 MiB of the smallest documents, 13 million,
 * compress to a few kilobytes. The largest message of any queue has 8 bytes for each of so many events, less than their ids take.
 */
export const MAX_EVENTS_PER_MESSAGE = 100_000

/** Smaller data is not worth the attempt. */
const COMPRESS_FROM_BYTES = 512

/** Who has captured the events of a message. */
export interface Sender {
  readonly migration: string
  readonly definition?: string
  readonly capture?: string
}

/** The body of one message. */
export function encodeMessage({ migration, definition, capture }: Sender, events: readonly Uint8Array[]): string {
  const run = Buffer.concat(events)
  const compressed = run.length >= COMPRESS_FROM_BYTES ? zstdCompressSync(run) : run
  const isSmaller = compressed.length < run.length
  return JSON.stringify({
    changeover: 1,
    migration,
    ...(definition === undefined ? {} : { definition }),
    ...(capture === undefined ? {} : { capture }),
    events: events.length,
    encoding: isSmaller ? 'bson+zstd' : 'bson',
    data: (isSmaller ? compressed : run).toString('base64'),
  } satisfies Body)
}

/**
 * Packs events into as few bodies as stay within `limitBytes` each. The index of an event that does
 * not fit alone is returned in `oversized`; nothing is dropped.
 */
export function packMessages(
  sender: Sender,
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
    // However well it compresses, a message must not exceed what its reader takes.
    const inflated = run.reduce((sum, event) => sum + event.length, 0)
    const isReadable = inflated <= MAX_INFLATED_BYTES && run.length <= MAX_EVENTS_PER_MESSAGE
    const body = isReadable ? encodeMessage(sender, run) : undefined
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

/** The contents of a message, or why it cannot be read. */
export type DecodedMessage =
  | { readonly outcome: 'decoded'; readonly sender: Sender; readonly events: readonly Uint8Array[] }
  | { readonly outcome: 'malformed'; readonly reason: string }

/** Reads a body, which may come from anywhere. Never throws. */
export function decodeMessage(text: string): DecodedMessage {
  try {
    const body = bodyOf(JSON.parse(text))
    if (body.events > MAX_EVENTS_PER_MESSAGE) {
      return {
        outcome: 'malformed',
        reason: `The message declares events: ${body.events}, more than the ${MAX_EVENTS_PER_MESSAGE} that one may hold.`,
      }
    }
    const data = Buffer.from(body.data, 'base64')
    const run = body.encoding === 'bson' ? data : zstdDecompressSync(data, { maxOutputLength: MAX_INFLATED_BYTES })
    const events = splitDocuments(run, body.events)
    if (events?.length === body.events) return { outcome: 'decoded', sender: senderOf(body), events }
    return {
      outcome: 'malformed',
      reason: `The message declares events: ${body.events}, but its data is not exactly that many BSON documents.`,
    }
  } catch (thrown) {
    return { outcome: 'malformed', reason: `This is not a changeover message: ${messageOf(thrown, 200)}` }
  }
}

function senderOf({ migration, definition, capture }: Body): Sender {
  return {
    migration,
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(typeof capture === 'string' ? { capture } : {}),
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
