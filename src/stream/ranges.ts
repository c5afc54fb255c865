import { eventKey, idOf } from '../event/index.ts'
import type { EventSource } from './mongo-source.ts'

/** A range of `_id`s: from `from` (included) or the beginning, to `before` (not included) or the end. */
export interface Range {
  readonly from: unknown
  readonly before: unknown
}

/** No more ranges than this many events each make sense of. */
const EVENTS_A_RANGE = 2000
/** How many ids are drawn for each range to find about equal parts. */
const SAMPLES_A_RANGE = 20

/** Cuts the collection into about equal ranges of `_id`, without reading it: by a random sample of ids. */
export async function cutRanges({ collection }: EventSource, wanted: number): Promise<Range[]> {
  const estimate = await collection.estimatedDocumentCount()
  const parts = Math.max(1, Math.min(wanted, Math.ceil(estimate / EVENTS_A_RANGE)))
  if (parts === 1) return [{ from: undefined, before: undefined }]
  const steps = [{ $sample: { size: parts * SAMPLES_A_RANGE } }, { $project: { _id: 1 } }, { $sort: { _id: 1 } }]
  const sample = (await collection.aggregate(steps, { raw: true }).toArray()) as unknown as Uint8Array[]
  const ids = sample.map(idOf).filter((id) => id !== undefined)
  return rangesBetween(boundaries(ids, parts))
}

/** `parts - 1` ids that cut sorted ids into equal parts; fewer when ids repeat. */
export function boundaries(sorted: readonly unknown[], parts: number): unknown[] {
  const cuts = Array.from({ length: parts - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / parts)])
  return cuts.filter(
    (cut, i) => cut !== undefined && (i === 0 || Buffer.compare(eventKey(cut), eventKey(cuts[i - 1])) !== 0),
  )
}

/** The ranges that boundaries make: together everything, each id in exactly one. */
export function rangesBetween(cuts: readonly unknown[]): Range[] {
  return [undefined, ...cuts].map((from, i) => ({ from, before: cuts[i] }))
}
