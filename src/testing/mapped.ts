import { EJSON } from 'bson'
import fc from 'fast-check'
import { createApplier } from '../apply/index.ts'
import { decodeEvent } from '../event/index.ts'
import { type Mapped, type Migration, compile } from '../mapping/index.ts'
import { memoryWarehouse, type MemoryWarehouse } from '../warehouse/index.ts'

/** What a history comes to by the pure merge. Throws when it says already that the mapping, or the history, is not right. */
export async function mapped(
  migration: Migration,
  bodies: readonly Uint8Array[],
  allowQuarantine: boolean,
): Promise<MemoryWarehouse> {
  refuseTwins(bodies)
  refuseImpure(migration, bodies)
  const target = memoryWarehouse()
  const { quarantined, reasons } = await createApplier(compile(migration), target).apply(bodies, 'live')
  if (quarantined > 0 && !allowQuarantine) {
    throw new Error(`${quarantined} of its events are quarantined: ${reasons.join(' ')}`)
  }
  return target
}

/** Every event of a list as a history of its own; one whose _id came before, behind that which had it. */
export function eventsAndTwins<E extends object>(events: readonly E[]): E[][] {
  const known = new Map<string, E>()
  return events.map((event) => {
    const id = idText((event as { _id?: unknown })._id)
    const twin = known.get(id)
    known.set(id, event)
    return twin === undefined ? [event] : [twin, event]
  })
}

// No order could make one event of two: a collection never holds both.
function refuseTwins(bodies: readonly Uint8Array[]): void {
  const known = new Map<string, number>()
  for (const [i, body] of bodies.entries()) {
    const id = idText(decodeEvent(body)['_id'])
    const twin = known.get(id) ?? i
    known.set(id, twin)
    if (Buffer.compare(bodies[twin]!, body) === 0) continue
    throw new Error(`the events ${twin} and ${i} below have one _id, ${id}, and two contents`)
  }
}

function refuseImpure(migration: Migration, bodies: readonly Uint8Array[]): void {
  const { map } = compile(migration)
  for (const [i, body] of bodies.entries()) {
    const [first, second] = [map(decodeEvent(body), 'live'), map(decodeEvent(body), 'live')]
    if (fc.stringify(plain(first)) === fc.stringify(plain(second))) continue
    throw new Error(`a handler is impure: called twice with the event ${i} below, it gave two results`)
  }
}

/** What a mapping gave, without the definitions. */
function plain(of: Mapped): unknown {
  return of.outcome === 'applied' ? of.rows.map(({ relation, row }) => [relation.name, row]) : of
}

function idText(id: unknown): string {
  return EJSON.stringify({ id })
}
