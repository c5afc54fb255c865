import { waitOut, type ProgressMeter } from '../core/index.ts'
import type { CompiledMigration } from '../mapping/index.ts'
import { idsWithoutReceipt, type Counting } from '../ledger/index.ts'
import type { EventSource, ReadOptions } from '../stream/index.ts'
import type { ReadPort } from '../warehouse/index.ts'
import type { BatchApplier, Outage } from './batch-applier.ts'
import { timed } from './timed.ts'

export interface MissingSearch {
  readonly migration: CompiledMigration
  readonly source: EventSource
  readonly warehouse: Pick<ReadPort, 'find'>
  /** Which receipts count. */
  readonly counting: Counting
  readonly batches: BatchApplier
  readonly meter: ProgressMeter
  readonly outage: Outage
  /** How large a batch may be, and the signal that stops the search. */
  readonly bounds: ReadOptions & { readonly signal: AbortSignal }
}

/** Applies those of these events that have no receipt that counts. Returns how many there were. */
export async function applyMissing(ids: AsyncIterable<readonly unknown[]>, search: MissingSearch): Promise<number> {
  const { source, batches, meter, bounds } = search
  let found = 0
  for await (const missing of missingIds(ids, search)) {
    for await (const events of timed(source.byIds(missing, bounds), meter, 'read')) {
      await batches.apply(events, bounds.signal)
      found += events.length
      // Only reports: the caller counts what this phase has done.
      meter.advance(0)
    }
  }
  return found
}

/** Counts those of these events that have no receipt that counts. */
export async function countMissing(ids: AsyncIterable<readonly unknown[]>, search: MissingSearch): Promise<number> {
  let missing = 0
  for await (const some of missingIds(ids, search)) missing += some.length
  return missing
}

/** The ids of those of these events that have no receipt that counts. */
function missingIds(
  ids: AsyncIterable<readonly unknown[]>,
  { migration, warehouse, counting, meter, outage, bounds: { signal } }: MissingSearch,
): AsyncGenerator<readonly unknown[]> {
  const find: ReadPort['find'] = (...given) => waitOut(() => warehouse.find(...given), { ...outage, signal })
  return timed(idsWithoutReceipt(migration, ids, { find }, counting, { signal }), meter, 'check')
}

/** The same batches of ids; each is counted as done when the next one is requested. */
export async function* counted(
  ids: AsyncIterable<readonly unknown[]>,
  meter: ProgressMeter,
): AsyncGenerator<readonly unknown[]> {
  for await (const batch of ids) {
    yield batch
    meter.advance(batch.length)
  }
}
