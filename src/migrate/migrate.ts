import type { Db } from 'mongodb'
import { ChangeoverError, waitOut, type OutageWait } from '../core/index.ts'
import { createApplier, type Applied, type Applier } from '../apply/index.ts'
import { decodeEvent } from '../event/index.ts'
import { compile, type Migration } from '../mapping/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { Checkpoints, type RangeProgress, type Run, idsWithoutReceipt } from '../ledger/index.ts'
import { cutRanges, countUnmapped, explainMongo, idsOf, sourceOf, type EventSource } from '../stream/index.ts'

export interface MigrateOptions {
  /** The database that the connection address names; a secondary will do. */
  readonly mongo: Db
  readonly warehouse: Warehouse
  /**
   * How many ranges the history is cut into.
   *
   * @defaultValue 16
   */
  readonly ranges?: number
  /**
   * How many ranges are read side by side.
   *
   * @defaultValue 2
   */
  readonly parallel?: number
  /**
   * How many events are read, merged and written at once.
   *
   * @defaultValue 1000
   */
  readonly batchEvents?: number
  /**
   * Begins anew even when the last run was interrupted.
   *
   * @defaultValue false
   */
  readonly fresh?: boolean
  /**
   * How long the warehouse may be away, in milliseconds: the length of a failover. It is waited for, and then the run ends with
   * its error.
   *
   * @defaultValue 600000 (10 minutes)
   */
  readonly outageMs?: number
  /** Called before each wait for the warehouse. */
  readonly onWait?: (wait: OutageWait) => void
  /** Called after each durable batch; what it throws ends the run. */
  readonly onProgress?: (progress: MigrateProgress) => void
  readonly signal?: AbortSignal
}

export const DEFAULT_RANGES = 16
export const DEFAULT_PARALLEL = 2
export const DEFAULT_BATCH_EVENTS = 1000
export const DEFAULT_OUTAGE_MS = 600_000

export interface MigrateProgress {
  readonly events: number
  /** An estimate: the collection may be growing. */
  readonly total: number
}

/** What a run came to. */
export interface MigrateResult {
  readonly run: string
  /** Whether it went on where an interrupted run had stopped. */
  readonly resumed: boolean
  /** Events read by this call. */
  readonly events: number
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  readonly rows: number
  /** Events that the ranges had passed by, found by comparing sets, and applied. */
  readonly late: number
  /** Events of types that the mapping neither handles nor ignores. */
  readonly unmapped: number
  readonly reasons: readonly string[]
}

/**
 * Replays the history of the source collection into the warehouse. May run again and again, beside live traffic and beside
 * itself. Interrupted, by the signal or by a crash, it goes on where it was when it is called again.
 *
 * At the end it compares the set of events with the set of receipts, and applies what is missing, so that an event whose id
 * sorts before what had been read already is not passed by.
 *
 * Rejects with a ChangeoverError `UNREACHABLE`, `DENIED` or `SCHEMA`, or with the signal's reason.
 */
export async function migrate(migration: Migration, options: MigrateOptions): Promise<MigrateResult> {
  try {
    return await new Migrating(migration, options).run()
  } catch (thrown) {
    throw explainMongo(thrown)
  }
}

class Migrating {
  readonly #migration: Migration
  readonly #options: MigrateOptions
  readonly #source: EventSource
  readonly #applier: Applier
  readonly #checkpoints: Checkpoints
  readonly #batchEvents: number
  readonly #sum = { events: 0, applied: 0, ignored: 0, quarantined: 0, rows: 0 }
  readonly #reasons = new Set<string>()
  #total = 0
  #before = 0

  constructor(migration: Migration, options: MigrateOptions) {
    for (const name of ['ranges', 'parallel', 'batchEvents', 'outageMs'] as const) checkCount(name, options[name] ?? 1)
    this.#migration = migration
    this.#options = options
    this.#source = sourceOf(migration, options.mongo)
    this.#applier = createApplier(compile(migration), options.warehouse)
    this.#checkpoints = new Checkpoints(options.warehouse, migration)
    this.#batchEvents = options.batchEvents ?? DEFAULT_BATCH_EVENTS
  }

  async run(): Promise<MigrateResult> {
    const { warehouse, ranges = DEFAULT_RANGES, parallel = DEFAULT_PARALLEL, fresh = false, signal } = this.#options
    await warehouse.dialect()
    const unfinished = fresh ? undefined : await this.#checkpoints.unfinished()
    this.#total = await this.#source.collection.estimatedDocumentCount()
    const run = unfinished ?? (await this.#checkpoints.begin(await cutRanges(this.#source, ranges), new Date()))
    this.#before = run.ranges.reduce((sum, { events }) => sum + events, 0)

    const waiting = run.ranges.filter(({ isDone }) => !isDone)
    const stop = new AbortController()
    const worker = async (): Promise<void> => {
      try {
        for (let range = waiting.shift(); range; range = waiting.shift()) await this.#readRange(run, range, stop.signal)
      } catch (thrown) {
        stop.abort(thrown)
        throw thrown
      }
    }
    const onAbort = (): void => stop.abort(signal?.reason)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const results = await Promise.allSettled(Array.from({ length: parallel }, worker))
      if (results.some(({ status }) => status === 'rejected')) throw stop.signal.reason
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }

    const late = await this.#applyLate()
    const unmapped = await countUnmapped(this.#source, this.#migration)
    return {
      run: run.id,
      resumed: unfinished !== undefined,
      ...this.#sum,
      late,
      unmapped,
      reasons: [...this.#reasons].slice(0, 5),
    }
  }

  async #readRange(run: Run, start: RangeProgress, signal: AbortSignal): Promise<void> {
    let progress = start
    const { collection, filter } = this.#source
    const cursor = collection
      .find(filter, { raw: true, batchSize: this.#batchEvents, ...bounds(start) })
      .sort({ _id: 1 })
    try {
      for await (const batch of batches(cursor as unknown as AsyncIterable<Uint8Array>, this.#batchEvents)) {
        signal.throwIfAborted()
        await this.#apply(batch, signal)
        const reached = decodeEvent(batch.at(-1)!)['_id']
        progress = { ...progress, reached, events: progress.events + batch.length }
        await this.#waitingOut(() => this.#checkpoints.save(run.id, progress), signal)
      }
    } finally {
      await cursor.close()
    }
    await this.#waitingOut(() => this.#checkpoints.save(run.id, { ...progress, isDone: true }), signal)
  }

  async #applyLate(): Promise<number> {
    const { collection } = this.#source
    let late = 0
    const { warehouse, signal } = this.#options
    const all = idsOf(this.#source, { signal })
    const find: Warehouse['find'] = (...given) => this.#waitingOut(() => warehouse.find(...given), signal)
    for await (const ids of idsWithoutReceipt(this.#migration, all, { find }, { signal })) {
      const found = collection.find({ _id: { $in: ids as never[] } }, { raw: true, batchSize: this.#batchEvents })
      for await (const batch of batches(found as unknown as AsyncIterable<Uint8Array>, this.#batchEvents)) {
        await this.#apply(batch, this.#options.signal)
        late += batch.length
      }
    }
    return late
  }

  #waitingOut<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { outageMs = DEFAULT_OUTAGE_MS, onWait } = this.#options
    return waitOut(work, { maxMs: outageMs, signal, ...(onWait ? { onWait } : {}) })
  }

  async #apply(batch: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<void> {
    const apply = () => this.#applier.apply(batch, 'migrated', signal)
    const applied: Applied = await this.#waitingOut(apply, signal)
    this.#sum.events += batch.length
    for (const name of ['applied', 'ignored', 'quarantined', 'rows'] as const) this.#sum[name] += applied[name]
    for (const reason of applied.reasons) this.#reasons.add(reason)
    const events = this.#before + this.#sum.events
    this.#options.onProgress?.({ events, total: Math.max(this.#total, events) })
  }
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new ChangeoverError('CONFIG', `The option ${name} of migrate is ${value}.`, {
    remedy: 'Use a whole number from 1.',
  })
}

/**
 * The index bounds of what a range has left. `min` and `max` go by the order of the index, over ids of any type, where `$gt`
 * would see ids of one type only; `min` is included, so the last event before is read once more, which does no harm.
 */
function bounds({ range, reached }: RangeProgress): {
  hint?: { _id: 1 }
  min?: { _id: unknown }
  max?: { _id: unknown }
} {
  const from = reached ?? range.from
  if (from === undefined && range.before === undefined) return {}
  return {
    hint: { _id: 1 },
    ...(from === undefined ? {} : { min: { _id: from } }),
    ...(range.before === undefined ? {} : { max: { _id: range.before } }),
  }
}

async function* batches(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  for await (const event of source) {
    batch.push(event)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
