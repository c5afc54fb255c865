import type { AnyBulkWriteOperation, Collection } from 'mongodb'
import { heartbeatId, windowId, type CoverageDocument, type CoverageWindow, type Heartbeat } from './format.ts'

/** The observer that a document is about. */
export interface ObserverIdentity {
  readonly migration: string
  readonly instance: string
}

/** A window as its observer records it. */
export interface WindowRecord extends Pick<CoverageWindow, 'reason' | 'from' | 'to' | 'events'> {
  /** Tells it apart from the observer's other windows. */
  readonly name: string
  readonly state: 'open' | 'closed'
  /** Whether this is the first time that it is written. */
  readonly isNew: boolean
}

/** The heartbeat of an observer. */
export type HeartbeatRecord =
  | ({ readonly kind: 'alive' } & Pick<Heartbeat, 'from' | 'to' | 'everyMs'>)
  /** The observer was closed: its heartbeat is removed. */
  | { readonly kind: 'ended' }

/**
 * Writes an observer's windows and heartbeat in one command. The heartbeat comes last: once it no longer covers some events, their
 * window is already recorded.
 */
export async function recordCoverage(
  collection: Collection<CoverageDocument>,
  observer: ObserverIdentity,
  windows: readonly WindowRecord[],
  heartbeat: HeartbeatRecord,
): Promise<void> {
  const writes = [...windows.map((window) => windowWrite(observer, window)), heartbeatWrite(observer, heartbeat)]
  await collection.bulkWrite(writes, { ordered: true })
}

function windowWrite(
  { migration, instance }: ObserverIdentity,
  { name, reason, from, to, events, state, isNew }: WindowRecord,
): AnyBulkWriteOperation<CoverageDocument> {
  return {
    updateOne: {
      filter: { _id: windowId(migration, instance, name) },
      update: {
        $set: { kind: 'window', migration, instance, reason, from, to, events, state },
        $currentDate: { updatedAt: true, ...(isNew ? { openedAt: true } : {}) },
        $inc: { writes: 1 },
      },
      upsert: true,
    },
  }
}

function heartbeatWrite(
  { migration, instance }: ObserverIdentity,
  heartbeat: HeartbeatRecord,
): AnyBulkWriteOperation<CoverageDocument> {
  const _id = heartbeatId(migration, instance)
  if (heartbeat.kind === 'ended') return { deleteOne: { filter: { _id } } }
  const { from, to, everyMs } = heartbeat
  return {
    updateOne: {
      filter: { _id },
      update: {
        $set: { kind: 'heartbeat', migration, instance, from, to, everyMs },
        $currentDate: { updatedAt: true },
      },
      upsert: true,
    },
  }
}

/**
 * Turns the heartbeat of an observer that has fallen silent into a closed window, and closes the windows that it left open. Safe to
 * repeat and to run several times at once, because the heartbeat is removed after the window is recorded. An observer that was only
 * slow continues with a new heartbeat.
 */
export async function closeCrashed(
  collection: Collection<CoverageDocument>,
  heartbeat: Heartbeat,
  now: Date,
): Promise<void> {
  const { migration, instance, updatedAt } = heartbeat
  await collection.updateOne(
    { _id: windowId(migration, instance, `crash-${updatedAt.getTime()}`) },
    { $setOnInsert: crashWindow(heartbeat, now) },
    { upsert: true },
  )
  await collection.updateMany(
    { migration, instance, kind: 'window', state: 'open' },
    { $set: { state: 'closed' }, $inc: { writes: 1 } },
  )
  await collection.deleteOne({ _id: heartbeatId(migration, instance), updatedAt })
}

/** The window of what a silent observer may not have sent. */
function crashWindow(heartbeat: Heartbeat, now: Date): Omit<CoverageWindow, '_id'> {
  const { migration, instance, from, to, updatedAt } = heartbeat
  // It may have lived until now, so `to` advances by as much as the server's clock has since.
  const until = to && new Date(to.getTime() + Math.max(0, now.getTime() - updatedAt.getTime()))
  return {
    kind: 'window',
    migration,
    instance,
    reason: 'crash',
    from,
    to: until,
    events: 0,
    state: 'closed',
    writes: 1,
    openedAt: updatedAt,
    updatedAt: now,
  }
}

/** Marks a closed window as healed, unless it has grown since it was read. Returns whether it was marked. */
export async function markHealed(collection: Collection<CoverageDocument>, window: CoverageWindow): Promise<boolean> {
  const { modifiedCount } = await collection.updateOne(
    { _id: window._id, state: 'closed', writes: window.writes },
    { $set: { state: 'healed' }, $currentDate: { healedAt: true } },
  )
  return modifiedCount === 1
}
