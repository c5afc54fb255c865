import type { Db } from 'mongodb'
import { ProgressMeter, waitOut } from '../core/index.ts'
import { closeCrashed, coverageCollection, markHealed, readCoverage, type CoverageWindow } from '../coverage/index.ts'
import { compileRegistered, countingOf } from '../ledger/index.ts'
import { unknownTypesOf, UnknownTypeTally, type Migration, type UnknownTypes } from '../mapping/index.ts'
import { compiledMongoEvents, databaseOf, mongoErrors } from '../stream/index.ts'
import { applyMissing } from './apply-missing.ts'
import { BatchApplier } from './batch-applier.ts'
import { resolveHealOptions, type HealOptions } from './heal-options.ts'
import { DEFAULT_BATCH_BYTES } from './options.ts'
import { isComplete, stretchesOf } from './stretches.ts'

const BOUNDS = Object.freeze({ batchEvents: 250, batchBytes: DEFAULT_BATCH_BYTES })

/** The outcome of healing. The unknown types are those of events in the windows that it replayed. */
export interface HealResult extends UnknownTypes {
  /** Windows that this call marked as healed. */
  readonly healed: number
  /** Windows that were replayed up to now and remain open: their observers are alive, or their events may still be written. */
  readonly open: number
  /** Observers that had crashed. */
  readonly crashed: number
  /** Events that had no receipt and have one now. */
  readonly events: number
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  /** Why events were quarantined: the first few distinct reasons. */
  readonly reasons: readonly string[]
}

/**
 * Replays exactly what the observers missed, and marks it as healed.
 *
 * Of the events whose times lie in windows that are not healed, it applies those without a receipt; then it marks the closed windows
 * as healed. It may run at any time, alongside observers, sinks and other runs of itself. It waits while the warehouse is away, for up
 * to `outageMs`. After an interruption, call it again.
 *
 * Rejects with a ChangeoverError `CONFIG` when an option is wrong or the source collection does not exist, `UNREACHABLE`, `DENIED` or
 * `SCHEMA`; with the signal's reason; or with what `onProgress` throws.
 *
 * @example
 * import { heal } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = await new MongoClient(process.env.MONGODB_URL!).connect()
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const { healed, open, events } = await heal(history, { mongo: client.db(), warehouse })
 * console.log(`${healed} windows healed, ${open} still open; ${events} events were missing.`)
 * await client.close()
 */
export async function heal(migration: Migration, options: HealOptions): Promise<HealResult> {
  const { mongo, warehouse, coverage, marginMs, settleMs, outageMs, onWait, onProgress, signal } =
    resolveHealOptions(options)
  await warehouse.dialect()
  const outage = { maxMs: outageMs, onWait }
  const present = <T>(work: () => Promise<T>): Promise<T> => waitOut(work, { ...outage, signal })
  const compiled = await present(() => compileRegistered(migration, warehouse, { signal }))
  const source = compiledMongoEvents(mongo, compiled, { fromPrimary: true })
  // Fails when the collection does not exist; without windows nothing below would.
  await source.count({ signal })

  const records = new CoverageRecords(databaseOf(compiled.source, mongo), coverage, compiled.name, signal)
  const { windows, crashed, now } = await records.read()
  const meter = new ProgressMeter(onProgress)
  await using batches = new BatchApplier(compiled, warehouse, { meter, outage })
  const search = {
    migration: compiled,
    source,
    warehouse,
    counting: await present(() => countingOf(compiled, warehouse, { signal })),
    batches,
    meter,
    outage,
    bounds: { ...BOUNDS, signal },
  }
  meter.begin('heal', windows.length)
  const unknown = new UnknownTypeTally()
  let [healed, open] = [0, 0]
  for (const { from, to, windows: within } of stretchesOf(windows, marginMs)) {
    await applyMissing(source.idsBetween(from, to, { signal }), search)
    unknown.add(unknownTypesOf(await source.types({ from, to, signal }), compiled.knownTypes))
    for (const window of within) {
      if (!isComplete(window, now, settleMs)) open++
      else if (await records.markHealed(window)) healed++
      meter.advance(1)
    }
  }
  const { events, applied, ignored, quarantined } = batches.counts
  return { healed, open, events, applied, ignored, quarantined, crashed, ...unknown.found, reasons: batches.reasons }
}

/** What observers have recorded, as healing reads and changes it. */
class CoverageRecords {
  readonly #db: Db
  readonly #name: string
  readonly #migration: string
  readonly #signal: AbortSignal

  constructor(db: Db, name: string, migration: string, signal: AbortSignal) {
    this.#db = db
    this.#name = name
    this.#migration = migration
    this.#signal = signal
  }

  /** The windows that are not healed, after those of crashed observers have been closed. */
  async read(): Promise<{ windows: readonly CoverageWindow[]; crashed: number; now: Date }> {
    const { silent, now } = await this.#ask(() => readCoverage(this.#db, this.#name, this.#migration))
    const collection = coverageCollection(this.#db, this.#name)
    for (const heartbeat of silent) await this.#ask(() => closeCrashed(collection, heartbeat, now))
    const { windows } = await this.#ask(() => readCoverage(this.#db, this.#name, this.#migration))
    return { windows, crashed: silent.length, now }
  }

  markHealed(window: CoverageWindow): Promise<boolean> {
    return this.#ask(() => markHealed(coverageCollection(this.#db, this.#name), window))
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    try {
      return await question()
    } catch (thrown) {
      throw mongoErrors.translate(thrown, `${this.#db.databaseName}.${this.#name}`)
    }
  }
}
