import type { StoredEvent } from './model.ts'

export type ZoneRow = { zone: string; couriers: number; moves: number }

/** How many active couriers are in each zone, and how many moves into it there ever were. Reads all events each time. */
export async function couriersByZone(events: AsyncIterable<StoredEvent>): Promise<ZoneRow[]> {
  const zoneOf = new Map<string, string>()
  const moves = new Map<string, number>()
  for await (const { type, courier, payload } of events) {
    if (type === 'courier.left') zoneOf.delete(courier.id)
    if (type === 'courier.joined') zoneOf.set(courier.id, 'depot')
    if (type !== 'courier.moved' || payload.zone === undefined) continue
    if (zoneOf.has(courier.id)) zoneOf.set(courier.id, payload.zone)
    moves.set(payload.zone, (moves.get(payload.zone) ?? 0) + 1)
  }
  const zones = [...new Set([...zoneOf.values(), ...moves.keys()])].toSorted()
  return zones.map((zone) => ({
    zone,
    couriers: [...zoneOf.values()].filter((other) => other === zone).length,
    moves: moves.get(zone) ?? 0,
  }))
}
