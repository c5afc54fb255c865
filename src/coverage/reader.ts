import type { Db } from 'mongodb'
import { coverageCollection } from './collection.ts'
import { SILENT_INTERVALS, type CoverageWindow, type Heartbeat } from './format.ts'

/** What a migration's observers have recorded and has not been healed. */
export interface UnhealedCoverage {
  readonly windows: readonly CoverageWindow[]
  /** The heartbeats of observers that have fallen silent. */
  readonly silent: readonly Heartbeat[]
  /** The server's clock at the time of reading. */
  readonly now: Date
}

/** Reads the windows of a migration that are not healed, and the heartbeats that have stopped. */
export async function readCoverage(db: Db, name: string, migration: string): Promise<UnhealedCoverage> {
  const { localTime: now } = (await db.command({ hello: 1 })) as { readonly localTime: Date }
  const found = await coverageCollection(db, name)
    .find({ migration, state: { $ne: 'healed' } })
    .toArray()
  return {
    windows: found.filter((document) => document.kind === 'window'),
    silent: found.filter((document) => document.kind === 'heartbeat').filter((heartbeat) => isSilent(heartbeat, now)),
    now,
  }
}

/** Whether a heartbeat has stopped. Both times are of the server's clock. */
export function isSilent({ updatedAt, everyMs }: Pick<Heartbeat, 'updatedAt' | 'everyMs'>, now: Date): boolean {
  return now.getTime() - updatedAt.getTime() > SILENT_INTERVALS * everyMs
}
