import { eventKey } from '../event/index.ts'
import type { Range } from './source.ts'

/** How many ranges to cut: as many as wanted, but none of fewer than about `minEvents` events. */
export function rangeCount(wanted: number, events: number, minEvents: number): number {
  return Math.max(1, Math.min(wanted, Math.ceil(events / minEvents)))
}

/** The ids that cut sorted ids into `parts` equal parts: `parts - 1` of them, or fewer when ids repeat. */
export function boundaries(sorted: readonly unknown[], parts: number): unknown[] {
  const cuts = Array.from({ length: parts - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / parts)])
  return cuts.filter(
    (cut, i) => cut !== undefined && (i === 0 || Buffer.compare(eventKey(cut), eventKey(cuts[i - 1])) !== 0),
  )
}

/** The ranges between boundaries: together they hold everything, and each id is in exactly one. */
export function rangesBetween(cuts: readonly unknown[]): Range[] {
  return [undefined, ...cuts].map((from, i) => ({ from, before: cuts[i] }))
}
