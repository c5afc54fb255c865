import { createHash } from 'node:crypto'
import type { Db } from 'mongodb'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RepositoryEvent } from '../../examples/history/events.ts'
import { commitsByAuthor, commitsByYear, filesByFolder } from '../../examples/history/legacy-reports.ts'
import { eventsOfFile } from '../../examples/history/load-ndjson.ts'
import { replay, type Replay } from './replay.ts'
import { hasSample, readOracle, samplePath, type Oracle } from './sample.ts'

describe.skipIf(!hasSample)('the sample, compared with known figures', () => {
  let oracle: Oracle
  let sample: Replay
  let db: Db
  beforeAll(async () => {
    oracle = readOracle()
    sample = await replay(eventsOfFile(samplePath))
    db = holding(sample.events)
  })

  it('contains every event, by type', () => {
    expect(sample.events.length).toBe(oracle.events)
    const counts = Object.groupBy(sample.events, (event) => event.type)
    expect(mapValues(counts, (events) => events.length)).toEqual(oracle.eventsByType)
  })

  it('follows every rule of a history', () => {
    expect(sample.faults).toEqual([])
  })

  it('ends with the files that exist today', () => {
    const paths = [...sample.live.keys()].toSorted()
    expect(paths.length).toBe(oracle.liveFiles)
    expect(createHash('sha256').update(paths.join('\n')).digest('hex')).toBe(oracle.liveFilesSha256)
    expect([...sample.live.values()].reduce((sum, bytes) => sum + bytes, 0)).toBe(oracle.liveBytes)
  })

  it('reports files by folder', async () => {
    const rows = await filesByFolder(db)
    expect(Object.fromEntries(rows.map((row) => [row.folder, row.files]))).toEqual(oracle.liveFilesByTopFolder)
    expect(rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(oracle.liveBytes)
  })

  it('reports commits by year', async () => {
    const rows = await commitsByYear(db)
    expect(Object.fromEntries(rows.map((row) => [row.year, row.commits]))).toEqual(oracle.commitsByYear)
  })

  it('reports commits by author', async () => {
    const rows = await commitsByAuthor(db)
    expect(rows.length).toBe(oracle.authors)
    expect(rows.reduce((sum, row) => sum + row.commits, 0)).toBe(oracle.commits)
    const top = rows.slice(0, oracle.topAuthors.length).map((row) => [row.author_id, row.commits])
    expect(top).toEqual(oracle.topAuthors)
  })
})

describe('the legacy reports', () => {
  it('are empty for an empty collection', async () => {
    const db = holding([])
    expect(await Promise.all([filesByFolder(db), commitsByYear(db), commitsByAuthor(db)])).toEqual([[], [], []])
  })
})

/** Supports only the one query of the reports; other tests run them on a real server. */
function holding(events: readonly RepositoryEvent[]): Db {
  const cursor = { sort: () => events }
  return { collection: () => ({ find: () => cursor }) } as unknown as Db
}

function mapValues<In, Out>(record: Partial<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value as In)]))
}
