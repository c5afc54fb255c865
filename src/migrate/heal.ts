import type { Db, Document, Filter } from 'mongodb'
import { createApplier } from '../apply/index.ts'
import type { Migration } from '../mapping/index.ts'
import { DEFAULT_COVERAGE_COLLECTION, type CoverageWindow, bury, coverageOf, readCoverage } from '../coverage/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { idsWithoutReceipt } from '../ledger/index.ts'
import { explainMongo, idsOf, sourceOf, type EventSource } from '../stream/index.ts'
import { compile } from '../mapping/index.ts'

export interface HealOptions {
  /** The database that the connection address names; it is read from its primary. */
  readonly mongo: Db
  readonly warehouse: Warehouse
  /**
   * Where the observers write what they missed, in the source database.
   *
   * @defaultValue `changeover_coverage`
   */
  readonly coverage?: string
  /**
   * How far beyond the ends of a window is looked, in milliseconds: more than the clocks of hosts differ, and more than the longest
   * transaction takes.
   *
   * @defaultValue 300000
   */
  readonly marginMs?: number
  /**
   * How old a window must be before it counts as healed, in milliseconds, when nobody knows whether its events were written: the
   * database may still be at it.
   *
   * @defaultValue 60000
   */
  readonly settleMs?: number
  /** Called after each durable batch; what it throws ends the run. */
  readonly onProgress?: (progress: { readonly windows: number; readonly of: number; readonly events: number }) => void
  readonly signal?: AbortSignal
}

export const DEFAULT_HEAL_MARGIN_MS = 300_000
export const DEFAULT_SETTLE_MS = 60_000

const EVENTS_AT_ONCE = 250

/** What healing came to. */
export interface HealResult {
  /** Windows that are healed now and were not before. */
  readonly healed: number
  /** Windows that were replayed up to now and go on: their observers are alive, or their outcome is not settled. */
  readonly open: number
  /** Observers that had ended without saying so. */
  readonly crashed: number
  /** Events that had no receipt, and have one now. */
  readonly events: number
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  readonly reasons: readonly string[]
}

/** Reasons of windows whose events may be written after the window was. */
const UNSETTLED: ReadonlySet<string> = new Set(['outcome-unknown', 'too-many-in-flight', 'upsert-unknown'])

/**
 * Replays exactly what the observers missed: of the events whose times lie in the windows that are not healed, those without a receipt
 * are applied. Then the closed windows are marked as healed. May run at any time, beside observers, sinks and itself; interrupted, it
 * is started again.
 *
 * Rejects with a ChangeoverError `UNREACHABLE`, `DENIED` or `SCHEMA`, or with the signal's reason.
 */
export async function heal(migration: Migration, options: HealOptions): Promise<HealResult> {
  try {
    return await healing(migration, options)
  } catch (thrown) {
    throw explainMongo(thrown)
  }
}

async function healing(migration: Migration, options: HealOptions): Promise<HealResult> {
  const { warehouse, marginMs = DEFAULT_HEAL_MARGIN_MS, settleMs = DEFAULT_SETTLE_MS, signal } = options
  const name = options.coverage ?? DEFAULT_COVERAGE_COLLECTION
  await warehouse.dialect()
  const source = primarySourceOf(migration, options.mongo)
  const db = options.mongo.client.db(source.collection.dbName)
  const collection = coverageOf(db, name)
  const { silent, now } = await readCoverage(db, name, migration.name)
  for (const heartbeat of silent) {
    signal?.throwIfAborted()
    await bury(collection, heartbeat, now)
  }
  const { windows } = await readCoverage(db, name, migration.name)
  const applier = createApplier(compile(migration), warehouse)
  const sum = { healed: 0, open: 0, events: 0, applied: 0, ignored: 0, quarantined: 0 }
  const reasons = new Set<string>()
  let done = 0
  for (const stretch of stretchesOf(windows, marginMs)) {
    const inStretch = idsOf(within(source, migration, stretch), { signal })
    for await (const ids of idsWithoutReceipt(migration, inStretch, warehouse, { signal })) {
      for (let at = 0; at < ids.length; at += EVENTS_AT_ONCE) {
        const some = ids.slice(at, at + EVENTS_AT_ONCE)
        const cursor = source.collection.find({ _id: { $in: some as never[] } }, { raw: true })
        const events = (await cursor.toArray()) as unknown as Uint8Array[]
        const applied = await applier.apply(events, 'migrated', signal)
        sum.events += events.length
        for (const count of ['applied', 'ignored', 'quarantined'] as const) sum[count] += applied[count]
        for (const reason of applied.reasons) reasons.add(reason)
        options.onProgress?.({ windows: done, of: windows.length, events: sum.events })
      }
    }
    for (const window of stretch.windows) {
      signal?.throwIfAborted()
      done++
      const isSettled = !UNSETTLED.has(window.reason) || now.getTime() - window.updatedAt.getTime() >= settleMs
      if (window.state === 'closed' && isSettled) {
        // Not if it has grown since it was read.
        const { modifiedCount } = await collection.updateOne(
          { _id: window._id, state: 'closed', writes: window.writes },
          { $set: { state: 'healed' }, $currentDate: { healedAt: true } },
        )
        sum.healed += modifiedCount
      } else sum.open++
    }
    options.onProgress?.({ windows: done, of: windows.length, events: sum.events })
  }
  return { ...sum, crashed: silent.length, reasons: [...reasons].slice(0, 5) }
}

/** The source as its primary has it: a secondary may not have seen yet what was missed. */
function primarySourceOf(migration: Migration, mongo: Db): EventSource {
  const { collection, filter } = sourceOf(migration, mongo)
  const { dbName, collectionName } = collection
  const options = { readPreference: 'primary' } as const
  return { collection: mongo.client.db(dbName).collection(collectionName, options), filter }
}

/** A stretch of document time, and the windows in it. No bound is null. */
export interface Stretch {
  readonly from: number | null
  readonly to: number | null
  readonly windows: readonly CoverageWindow[]
}

/** The stretches that windows cover, margins included: each time in one at most, so that nothing is read twice. */
export function stretchesOf(windows: readonly CoverageWindow[], marginMs: number): Stretch[] {
  const bounds = windows.map((window) => {
    const { state } = window
    const from = window.from === null ? null : window.from.getTime() - marginMs
    // An open one goes on by clocks that nobody has compared with this one.
    const to = window.to === null || state === 'open' ? null : window.to.getTime() + marginMs
    return { from, to, windows: [window] }
  })
  const sorted = bounds.toSorted((a, b) => (a.from ?? -Infinity) - (b.from ?? -Infinity))
  const stretches: Stretch[] = []
  for (const next of sorted) {
    const last = stretches.at(-1)
    const meets = last !== undefined && (last.to === null || next.from === null || next.from <= last.to)
    if (!last || !meets) stretches.push(next)
    else {
      const to = last.to === null || next.to === null ? null : Math.max(last.to, next.to)
      stretches[stretches.length - 1] = { from: last.from, to, windows: [...last.windows, ...next.windows] }
    }
  }
  return stretches
}

function within({ collection, filter }: EventSource, migration: Migration, { from, to }: Stretch): EventSource {
  const times: Filter<Document>[string] = {
    ...(from === null ? {} : { $gte: new Date(from) }),
    ...(to === null ? {} : { $lte: new Date(to) }),
  }
  if (Object.keys(times).length === 0) return { collection, filter }
  return { collection, filter: { $and: [filter, { [migration.source.time]: times }] } }
}
