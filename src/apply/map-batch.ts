import { hash } from 'node:crypto'
import { bytesToText, messageOf } from '../core/index.ts'
import { decodeEvent } from '../event/index.ts'
import type { Mapped, Mapper } from '../mapping/index.ts'
import type { Origin } from '../star/index.ts'

/** An event of a batch: its bytes, and what the mapping makes of it. */
export interface MappedEvent {
  /** The key of its receipt. */
  readonly key: Uint8Array
  readonly body: Uint8Array
  readonly mapped: Mapped
}

/** The distinct events of a batch. */
export interface MappedBatch {
  readonly events: readonly MappedEvent[]
  /** How many events repeated an earlier one. */
  readonly duplicates: number
}

/** Maps each distinct event of a batch once. Of several events with one key, the first counts. */
export function mapBatch(bodies: readonly Uint8Array[], map: Mapper, origin: Origin): MappedBatch {
  const seen = new Set<string>()
  const events = new Map<string, MappedEvent>()
  for (const body of bodies) {
    // Equal bytes need no second mapping; an event that was stored twice with other bytes has the same key.
    const bytes = bytesToText(body)
    if (seen.has(bytes)) continue
    seen.add(bytes)
    const mapped = mapOne(body, map, origin)
    const key = mapped.key ?? keyOfBody(body)
    const text = bytesToText(key)
    if (!events.has(text)) events.set(text, { key, body, mapped })
  }
  return { events: [...events.values()], duplicates: bodies.length - events.size }
}

/** The key of a body that has none of its own: equal bytes are one event. */
export function keyOfBody(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0xfe), hash('sha256', body, 'buffer')])
}

/** The same events, those that were refused quarantined with the reason. */
export function withRefused(
  events: readonly MappedEvent[],
  refused: readonly { readonly item: MappedEvent; readonly reason: string }[],
): readonly MappedEvent[] {
  if (refused.length === 0) return events
  const reasons = new Map(refused.map(({ item, reason }) => [item, reason]))
  return events.map((event) => {
    const reason = reasons.get(event)
    if (reason === undefined) return event
    const { key, position } = event.mapped
    return { ...event, mapped: { outcome: 'quarantined', key, position, type: undefined, reason } }
  })
}

function mapOne(body: Uint8Array, map: Mapper, origin: Origin): Mapped {
  try {
    return map(decodeEvent(body), origin)
  } catch (thrown) {
    const reason = `The event is not BSON: ${messageOf(thrown)}.`
    return { outcome: 'quarantined', key: undefined, position: undefined, type: undefined, reason }
  }
}
