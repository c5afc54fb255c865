import { isDeepStrictEqual } from 'node:util'
import { createApplier } from '../apply/index.ts'
import { decodeEvent } from '../event/index.ts'
import type { CompiledMigration, Mapped } from '../mapping/index.ts'
import { memoryWarehouse, type MemoryWarehouse } from '../warehouse/index.ts'
import { idText } from './histories.ts'

/**
 * The warehouse that a history should leave, by the pure merge. Throws an Error when the mapping or the history is wrong in
 * itself: an impure handler, one `_id` with two contents, an event that cannot be mapped.
 */
export async function expectedWarehouse(
  migration: CompiledMigration,
  bodies: readonly Uint8Array[],
  allowQuarantine: boolean,
): Promise<MemoryWarehouse> {
  assertUniqueIds(bodies)
  assertPure(migration, bodies)
  const target = memoryWarehouse()
  const { quarantined, reasons } = await createApplier(migration, target).apply(bodies, 'live')
  if (quarantined > 0 && !allowQuarantine) {
    throw new Error(`${quarantined} of its events are quarantined: ${reasons.join(' ')}`)
  }
  return target
}

// A collection never holds both events, so no order of delivery could be right.
function assertUniqueIds(bodies: readonly Uint8Array[]): void {
  const known = new Map<string, number>()
  for (const [i, body] of bodies.entries()) {
    const id = idText(decodeEvent(body)['_id'])
    const first = known.get(id) ?? i
    known.set(id, first)
    if (Buffer.compare(bodies[first]!, body) === 0) continue
    throw new Error(`the events ${first} and ${i} below have one _id, ${id}, and two contents`)
  }
}

function assertPure({ map }: CompiledMigration, bodies: readonly Uint8Array[]): void {
  for (const [i, body] of bodies.entries()) {
    const [first, second] = [map(decodeEvent(body), 'live'), map(decodeEvent(body), 'live')]
    if (isDeepStrictEqual(plain(first), plain(second))) continue
    throw new Error(`a handler is impure: called twice with the event ${i} below, it returned two results`)
  }
}

/** What a mapping returned, without the definitions. */
function plain(of: Mapped): unknown {
  return of.outcome === 'applied' ? of.rows.map(({ relation, row }) => [relation.name, row]) : of
}
