import { createApplier, type Applier, type ApplierSlice } from '../apply/index.ts'
import { Examples, Tally, waitOut, type OutageOptions, type ProgressMeter } from '../core/index.ts'
import { Heartbeat } from '../ledger/index.ts'
import type { CompiledMigration } from '../mapping/index.ts'
import type { MergePort } from '../warehouse/index.ts'

const COUNTS = ['events', 'applied', 'ignored', 'quarantined', 'rows'] as const

/** How long an outage of the warehouse is waited for, and who is told. */
export type Outage = Pick<OutageOptions, 'maxMs' | 'onWait'>

/** Applies batches of migrated events, waits out outages of the warehouse, and adds up what became of the events. */
export class BatchApplier implements AsyncDisposable {
  readonly #applier: Applier
  readonly #heartbeat: Heartbeat
  readonly #meter: ProgressMeter
  readonly #outage: Outage
  readonly #tally = new Tally(COUNTS)
  readonly #reasons = new Examples()

  constructor(
    migration: CompiledMigration,
    warehouse: MergePort,
    {
      meter,
      outage,
      slice,
    }: { readonly meter: ProgressMeter; readonly outage: Outage; readonly slice?: ApplierSlice | undefined },
  ) {
    this.#applier = createApplier(migration, warehouse, () => new Date(), slice)
    this.#heartbeat = new Heartbeat(migration, warehouse, 'migrate')
    this.#meter = meter
    this.#outage = outage
  }

  async apply(events: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    await this.#heartbeat.beat(signal)
    const applied = await this.#meter.time('apply', () =>
      waitOut(() => this.#applier.apply(events, 'migrated', signal), { ...this.#outage, signal }),
    )
    this.#tally.add({ ...applied, events: events.length })
    this.#reasons.add(applied.reasons)
  }

  /** Says that no more batches come. Never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#heartbeat.end()
  }

  /** What has been applied so far. */
  get counts(): Readonly<Record<(typeof COUNTS)[number], number>> {
    return this.#tally.counts
  }

  /** Why events were quarantined: the first few distinct reasons. */
  get reasons(): readonly string[] {
    return this.#reasons.list
  }
}
