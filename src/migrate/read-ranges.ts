import { waitOut, type ProgressMeter } from '../core/index.ts'
import { idOf } from '../event/index.ts'
import type { Checkpoints, RangeProgress, Run } from '../ledger/index.ts'
import type { EventSource, ReadOptions } from '../stream/index.ts'
import type { BatchApplier, Outage } from './batch-applier.ts'
import { timed } from './timed.ts'

export interface RangeReading {
  readonly source: EventSource
  readonly checkpoints: Checkpoints
  readonly batches: BatchApplier
  readonly meter: ProgressMeter
  readonly outage: Outage
  /** How many ranges are read at the same time. */
  readonly parallel: number
  /** How large a batch may be, and the signal that stops the readers. */
  readonly bounds: ReadOptions & { readonly signal: AbortSignal }
}

/** Applies what is left of a run's ranges. The first failure stops all readers; this rejects with it. */
export async function readRanges(run: Run, reading: RangeReading): Promise<void> {
  const waiting = run.ranges.filter(({ isDone }) => !isDone)
  const failure = new AbortController()
  const signal = AbortSignal.any([reading.bounds.signal, failure.signal])
  const readWaiting = async (): Promise<void> => {
    try {
      for (let range = waiting.shift(); range; range = waiting.shift()) {
        await readRange(run.id, range, { ...reading, bounds: { ...reading.bounds, signal } })
      }
    } catch (thrown) {
      failure.abort(thrown)
    }
  }
  await Promise.all(Array.from({ length: reading.parallel }, readWaiting))
  failure.signal.throwIfAborted()
}

async function readRange(runId: string, start: RangeProgress, reading: RangeReading): Promise<void> {
  const { source, checkpoints, batches, meter, outage, bounds } = reading
  const save = (to: RangeProgress): Promise<void> =>
    meter.time('checkpoint', () => waitOut(() => checkpoints.save(runId, to), { ...outage, signal: bounds.signal }))
  let progress = start
  for await (const batch of timed(source.read(start.range, start.reached, bounds), meter, 'read')) {
    await batches.apply(batch, bounds.signal)
    progress = advanced(progress, batch)
    // Even if the signal has aborted by now, so that what is durable is not read again.
    await save(progress)
    meter.advance(batch.length)
  }
  await save({ ...progress, isDone: true })
}

/** The progress of a range after a batch of its events. */
export function advanced(progress: RangeProgress, batch: readonly Uint8Array[]): RangeProgress {
  const last = batch.at(-1)
  if (last === undefined) return progress
  // Read raw: the event may be one that cannot be decoded.
  return { ...progress, reached: idOf(last) ?? progress.reached, events: progress.events + batch.length }
}
