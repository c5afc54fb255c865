import type { Applier } from '../apply/index.ts'
import { Tally, Turns } from '../core/index.ts'
import { decodeMessage, MAX_EVENTS_PER_MESSAGE, MAX_INFLATED_BYTES } from '../event/index.ts'
import { UnknownTypeTally, type UnknownTypes } from '../mapping/index.ts'
import type { Working } from './working.ts'
import { MESSAGE_COUNTS, type MessageCounts } from './counters.ts'

/** How the bodies of messages are read. */
export type MessageReader = Pick<Working, 'migration' | 'generationOf'>

/** What some message bodies hold. */
export interface DecodedBodies {
  readonly events: readonly Uint8Array[]
  /** The generation under which the events are applied. */
  readonly generation: number
  /** Bodies that are not messages for this migration, with the reason. */
  readonly unreadable: readonly { readonly body: Uint8Array; readonly reason: string }[]
}

/**
 * Decodes message bodies, which may come from anyone, and gives them in parts. A part holds no more events and bytes than one
 * message may, so that small messages that inflate to much do not fill the memory together, and events of one generation. Throws only
 * when the signal aborts.
 */
export async function* decodeBodies(
  reader: MessageReader,
  bodies: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<DecodedBodies> {
  const { migration } = reader
  const turns = new Turns()
  const emptyPart = (generation: number) => ({
    events: [] as Uint8Array[],
    generation,
    unreadable: [] as { body: Uint8Array; reason: string }[],
  })
  let part = emptyPart(reader.generationOf({}))
  let bytes = 0
  for (const body of bodies) {
    if (turns.isOver) await turns.next(signal)
    const decoded = decodeMessage(body)
    if (decoded.outcome === 'malformed') part.unreadable.push({ body: Buffer.from(body), reason: decoded.reason })
    else if (decoded.sender.migration === migration) {
      const generation = reader.generationOf(decoded.sender)
      const more = decoded.events.reduce((sum, event) => sum + event.length, 0)
      const isFull =
        bytes + more > MAX_INFLATED_BYTES || part.events.length + decoded.events.length > MAX_EVENTS_PER_MESSAGE
      if (part.events.length > 0 && (isFull || part.generation !== generation)) {
        yield part
        part = emptyPart(generation)
        bytes = 0
      }
      part.generation = generation
      for (const event of decoded.events) part.events.push(event)
      bytes += more
    } else {
      const reason = `This message is for the migration ${JSON.stringify(decoded.sender.migration)}, not for ${migration}.`
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
  reader: MessageReader,
  bodies: readonly string[],
  signal?: AbortSignal,
): Promise<MessageCounts & UnknownTypes> {
  const unknown = new UnknownTypeTally()
  const sum = new Tally<keyof MessageCounts>(MESSAGE_COUNTS)
  sum.add({ messages: bodies.length })
  for await (const { events, generation, unreadable } of decodeBodies(reader, bodies, signal)) {
    const unrecorded = unreadable.length > 0 ? await applier.quarantine(unreadable, signal) : 0
    const { reasons: _, ...applied } = await applier.apply(events, 'live', signal, generation)
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
