import type { Arbitrary, FastCheck } from './fast-check.ts'

/** One arrival of an event at a warehouse: which event, when, with which writer, and in which of its batches. */
export interface Arrival {
  readonly event: number
  readonly at: number
  readonly writer: number
  readonly batch: number
}

/** Each of `count` events at least once, some more often, in any order, by up to `writers` writers. Shrinks towards their order. */
export function deliveries(fc: FastCheck, count: number, writers: number): Arbitrary<readonly Arrival[]> {
  const how = { at: fc.nat(1000), writer: fc.nat(writers - 1), batch: fc.nat(3) }
  const once = fc.tuple(
    ...Array.from({ length: count }, (_, event) => fc.record({ event: fc.constant(event), ...how })),
  )
  const again = fc.array(fc.record({ event: fc.nat(count - 1), ...how }), { maxLength: count })
  return fc.tuple(once, again).map(([all, more]) => [...all, ...more].toSorted((a, b) => a.at - b.at))
}

/** What each writer applies, batch by batch. */
export function schedule(arrivals: readonly Arrival[]): number[][][] {
  const writers = new Map<number, { batch: number; events: number[] }[]>()
  for (const { event, writer, batch } of arrivals) {
    const batches = writers.get(writer) ?? []
    writers.set(writer, batches)
    const last = batches.at(-1)
    if (last?.batch === batch) last.events.push(event)
    else batches.push({ batch, events: [event] })
  }
  return [...writers.values()].map((batches) => batches.map(({ events }) => events))
}
