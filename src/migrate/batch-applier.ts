import type { Applier } from '../apply/index.ts'
import { Examples, Tally, type ProgressMeter } from '../core/index.ts'

const COUNTS = ['events', 'applied', 'ignored', 'quarantined', 'rows'] as const

/** Applies batches of migrated events, and adds up what became of them. */
export class BatchApplier {
  readonly #applier: Applier
  readonly #meter: ProgressMeter
  readonly #tally = new Tally(COUNTS)
  readonly #reasons = new Examples()

  constructor(applier: Applier, meter: ProgressMeter) {
    this.#applier = applier
    this.#meter = meter
  }

  async apply(events: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    const applied = await this.#meter.time('apply', () => this.#applier.apply(events, 'migrated', signal))
    this.#tally.add({ ...applied, events: events.length })
    this.#reasons.add(applied.reasons)
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
