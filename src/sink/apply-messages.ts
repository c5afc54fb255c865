import type { Applier } from '../apply/index.ts'
import { Tally, Turns } from '../core/index.ts'
import { decodeMessage, MAX_EVENTS_PER_MESSAGE, MAX_INFLATED_BYTES } from '../event/index.ts'
import { UnknownTypeTally, type UnknownTypes } from '../mapping/index.ts'
import { MESSAGE_COUNTS, type MessageCounts } from './counters.ts'

/** What some message bodies hold. */
export interface DecodedBodies {
  readonly events: readonly Uint8Array[]
  /** Bodies that are not messages for this migration, with the reason. */
  readonly unreadable: readonly { readonly body: Uint8Array; readonly reason: string }[]
}

/**
 * Decodes message bodies, which may come from anyone, and gives them in parts. A part holds no more events and bytes than one
 * message may, so that small messages that inflate to much do not fill the memory together. Throws only when the signal aborts.
 */
export async function* decodeBodies(
  migration: string,
  bodies: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<DecodedBodies> {
  const turns = new Turns()
  let part = { events: [] as Uint8Array[], unreadable: [] as { body: Uint8Array; reason: string }[] }
  let bytes = 0
  for (const body of bodies) {
    if (turns.isOver) await turns.next(signal)
    const decoded = decodeMessage(body)
    if (decoded.outcome === 'malformed') part.unreadable.push({ body: Buffer.from(body), reason: decoded.reason })
    else if (decoded.migration === migration) {
      const more = decoded.events.reduce((sum, event) => sum + event.length, 0)
      const isFull =
        bytes + more > MAX_INFLATED_BYTES || part.events.length + decoded.events.length > MAX_EVENTS_PER_MESSAGE
      if (isFull) {
        yield part
        part = { events: [], unreadable: [] }
        bytes = 0
      }
      for (const event of decoded.events) part.events.push(event)
      bytes += more
    } else {
      const reason = `This message is for the migration ${JSON.stringify(decoded.migration)}, not for ${migration}.`
      part.unreadable.push({ body: Buffer.from(body), reason })
    }
  }
  yield part
}

/**
 * Brings the events of some messages into the warehouse. When it resolves, all the messages may be acknowledged: what could not
 * be read or applied is in the quarantine. Rejects with a ChangeoverError when the warehouse cannot be used; then none of them
 * may be.
 */
export async function applyMessages(
  applier: Applier,
  migration: string,
  bodies: readonly string[],
  signal?: AbortSignal,
): Promise<MessageCounts & UnknownTypes> {
  const unknown = new UnknownTypeTally()
  const sum = new Tally<keyof MessageCounts>(MESSAGE_COUNTS)
  sum.add({ messages: bodies.length })
  for await (const { events, unreadable } of decodeBodies(migration, bodies, signal)) {
    const unrecorded = unreadable.length > 0 ? await applier.quarantine(unreadable, signal) : 0
    const { reasons: _, ...applied } = await applier.apply(events, 'live', signal)
    unknown.add(applied)
    sum.add({
      ...applied,
      received: events.length,
      malformed: unreadable.length,
      unrecorded: applied.unrecorded + unrecorded,
    })
  }
  return { ...sum.counts, ...unknown.found }
}
