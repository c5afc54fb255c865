import type { Db } from 'mongodb'
import type { RepositoryEvent } from './events.ts'

// The reports as they were before: every request reads every event. The new reports are compared with them, so the two share
// no code.

export type FolderRow = {
  folder: string
  files: number
  bytes: number
}

export type YearRow = {
  year: number
  commits: number
}

export type AuthorRow = {
  author_id: string
  commits: number
}

/** The files that exist now, by top folder; `.` is for files in no folder. */
export async function filesByFolder(db: Db, collection = 'events'): Promise<FolderRow[]> {
  const live = new Map<string, number>()
  for await (const event of eventsIn(db, collection)) {
    if (event.type === 'file.created' || event.type === 'file.edited') live.set(event.entity.id, event.payload.bytes)
    if (event.type === 'file.deleted') live.delete(event.entity.id)
  }
  const rows = new Map<string, FolderRow>()
  for (const [path, bytes] of live) {
    const folder = path.includes('/') ? path.slice(0, path.indexOf('/')) : '.'
    const row = rows.get(folder) ?? { folder, files: 0, bytes: 0 }
    rows.set(folder, { folder, files: row.files + 1, bytes: row.bytes + bytes })
  }
  return [...rows.values()].toSorted((a, b) => (a.folder < b.folder ? -1 : 1))
}

/** The number of commits in each year, in UTC and by their authors' clocks. */
export async function commitsByYear(db: Db, collection = 'events'): Promise<YearRow[]> {
  const counts = await countCommits(db, collection, (event) => event.at.getUTCFullYear())
  return [...counts].map(([year, commits]) => ({ year, commits })).toSorted((a, b) => a.year - b.year)
}

/** The number of commits of each author, the greatest first. */
export async function commitsByAuthor(db: Db, collection = 'events'): Promise<AuthorRow[]> {
  const counts = await countCommits(db, collection, (event) => event.actor)
  return [...counts]
    .map(([author_id, commits]) => ({ author_id, commits }))
    .toSorted((a, b) => b.commits - a.commits || (a.author_id < b.author_id ? -1 : 1))
}

async function countCommits<Key>(
  db: Db,
  collection: string,
  keyOf: (event: RepositoryEvent) => Key,
): Promise<Map<Key, number>> {
  const counts = new Map<Key, number>()
  for await (const event of eventsIn(db, collection)) {
    if (event.type === 'commit.created') counts.set(keyOf(event), (counts.get(keyOf(event)) ?? 0) + 1)
  }
  return counts
}

function eventsIn(db: Db, collection: string): AsyncIterable<RepositoryEvent> {
  return db.collection<RepositoryEvent>(collection).find().sort({ seq: 1 })
}
