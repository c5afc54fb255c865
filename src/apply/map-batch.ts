import { hash } from 'node:crypto'
import { bytesToText, messageOf, Turns } from '../core/index.ts'
import { decodeEvent, eventKeyOf } from '../event/index.ts'
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

/**
 * Maps each distinct event of a batch once. Of several events with one key, the first that is not quarantined counts, as it would
 * if each had come in a batch of its own. Gives way to timers and sockets between events. Rejects only when the signal aborts.
 */
export async function mapBatch(
  bodies: readonly Uint8Array[],
  map: Mapper,
  origin: Origin,
  { signal, generation }: { readonly signal?: AbortSignal | undefined; readonly generation: number },
): Promise<MappedBatch> {
  const turns = new Turns()
  const seen = new Set<string>()
  const events = new Map<string, MappedEvent>()
  for (const body of bodies) {
    if (turns.isOver) await turns.next(signal)
    // Equal bytes need no second mapping; an event that was stored twice with other bytes has the same key.
    const bytes = bytesToText(body)
    if (seen.has(bytes)) continue
    seen.add(bytes)
    const mapped = mapOne(body, map, origin, generation)
    const key = mapped.key ?? keyOfBody(body)
    const name = bytesToText(key)
    const known = events.get(name)
    const isBetter = known?.mapped.outcome === 'quarantined' && mapped.outcome !== 'quarantined'
    if (known === undefined || isBetter) events.set(name, { key, body, mapped })
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
    const { key, position, type } = event.mapped
    return { ...event, mapped: { outcome: 'quarantined', key, position, type, reason } }
  })
}

function mapOne(body: Uint8Array, map: Mapper, origin: Origin, generation: number): Mapped {
  // From the bytes: an event that cannot be decoded has its receipt under its own id as well.
  const key = eventKeyOf(body)
  const cannot = (reason: string): Mapped => ({
    outcome: 'quarantined',
    key,
    position: undefined,
    type: undefined,
    reason,
  })
  let event: Record<string, unknown>
  try {
    event = decodeEvent(body)
  } catch (thrown) {
    return cannot(`The event ${key ? 'cannot be decoded' : 'is not BSON'}: ${messageOf(thrown)}.`)
  }
  try {
    return map(event, origin, key, generation)
  } catch (thrown) {
    return cannot(`The event cannot be mapped: ${messageOf(thrown)}.`)
  }
}
