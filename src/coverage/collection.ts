import type { Collection, CollectionOptions, Db } from 'mongodb'
import type { CoverageDocument } from './format.ts'

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
export function coverageCollection(db: Db, name: string): Collection<CoverageDocument> {
  return db.collection<CoverageDocument>(name, OPTIONS)
}
