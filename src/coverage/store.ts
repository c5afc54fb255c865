import type { Collection, CollectionOptions, Db } from 'mongodb'
import { heartbeatId, SILENT_INTERVALS, windowId, type CoverageWindow, type Heartbeat } from './format.ts'

export type CoverageDocument = CoverageWindow | Heartbeat

// The application's client may read and write in ways of its own.
const OPTIONS: CollectionOptions = {
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  raw: false,
  ignoreUndefined: false,
  readPreference: 'primary',
  writeConcern: { w: 'majority' },
}

/** The collection of windows and heartbeats, whatever the client's options. */
export function coverageOf(db: Db, name: string): Collection<CoverageDocument> {
  return db.collection<CoverageDocument>(name, OPTIONS)
}

/** The windows of a migration that are not healed, and the observers that have fallen silent. */
export interface Coverage {
  readonly windows: readonly CoverageWindow[]
  readonly silent: readonly Heartbeat[]
  /** The server's clock when it was asked. */
  readonly now: Date
}

/** Reads what has not been captured, and not been healed since. */
export async function readCoverage(db: Db, name: string, migration: string): Promise<Coverage> {
  const collection = coverageOf(db, name)
  const { localTime } = (await db.command({ hello: 1 })) as { readonly localTime: Date }
  const found = await collection.find({ migration, state: { $ne: 'healed' } }).toArray()
  const isSilent = ({ updatedAt, everyMs }: Heartbeat): boolean =>
    localTime.getTime() - updatedAt.getTime() > SILENT_INTERVALS * everyMs
  return {
    windows: found.filter((document) => document.kind === 'window'),
    silent: found.filter((document) => document.kind === 'heartbeat').filter(isSilent),
    now: localTime,
  }
}

/**
 * Turns the heartbeat of an observer that has fallen silent into a closed window, and closes what it left open. Safe to repeat and to
 * run by several at once: the window comes before the heartbeat goes. An observer that was only slow goes on with a new heartbeat.
 */
export async function bury(collection: Collection<CoverageDocument>, silent: Heartbeat, now: Date): Promise<void> {
  const { migration, instance, from, to, updatedAt } = silent
  // It may have gone on until now, for all we know; its documents' times went on as the server's clock did.
  const until = to && new Date(to.getTime() + Math.max(0, now.getTime() - updatedAt.getTime()))
  const window: Omit<CoverageWindow, '_id' | 'openedAt' | 'updatedAt'> = {
    kind: 'window',
    migration,
    instance,
    reason: 'crash',
    from,
    to: until,
    events: 0,
    state: 'closed',
    writes: 1,
  }
  await collection.updateOne(
    { _id: windowId(migration, instance, `crash-${updatedAt.getTime()}`) },
    { $setOnInsert: { ...window, openedAt: updatedAt, updatedAt: now } },
    { upsert: true },
  )
  await collection.updateMany(
    { migration, instance, kind: 'window', state: 'open' },
    { $set: { state: 'closed' }, $inc: { writes: 1 } },
  )
  await collection.deleteOne({ _id: heartbeatId(migration, instance), updatedAt })
}
