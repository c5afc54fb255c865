import { sql as query, type Kysely } from 'kysely'
import { MongoClient } from 'mongodb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { commitsByAuthorReport, commitsByYearReport, filesByFolderReport } from '../../examples/history/reports.ts'
import {
  report,
  type LooseDatabase,
  type Report,
  type ReportRow,
  type StandardSchema,
} from '../../src/mapping/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { MAX_DIFFERENCES, reconcile, type ReconcileOptions } from '../../src/reconcile/index.ts'
import { mysqlWarehouse } from '../../src/warehouse/index.ts'
import { someHistory, staged, type Stage } from '../migrate/history.ts'
import { startSilentProxy } from '../support/silent-proxy.ts'
import { sql } from '../support/sql.ts'

const reports = [filesByFolderReport, commitsByYearReport, commitsByAuthorReport]

/** A migrated history. */
async function migrated(count = 400): Promise<Stage> {
  const stage = await staged(await someHistory(count))
  await migrate(history, stage)
  return stage
}

describe('reconcile', () => {
  it('agrees for every report of a migrated history', async () => {
    const stage = await migrated()
    const results = await reconcile(reports, stage)
    expect(results.map(({ name, verdict, differing }) => ({ name, verdict, differing }))).toEqual(
      reports.map(({ name }) => ({ name, verdict: 'agree', differing: 0 })),
    )
    expect(results.every(({ rows, legacyRows }) => rows.length === legacyRows)).toBe(true)
  })

  it('names the row and the column of a value that was changed in the warehouse', async () => {
    const stage = await migrated()
    const [before] = await reconcile([filesByFolderReport], stage)
    const [{ path } = {}] = await sql(stage.warehouse, 'SELECT path FROM file ORDER BY path LIMIT 1')
    const folder = String(path).includes('/') ? String(path).split('/')[0] : '.'
    await sql(stage.warehouse, `UPDATE dim_file SET bytes = bytes + 1 WHERE path = '${String(path)}'`)
    const [after] = await reconcile([filesByFolderReport], stage)
    const bytes = Number(before!.rows.find((row) => row['folder'] === folder)!['bytes'])
    expect(after).toMatchObject({
      verdict: 'differ',
      differing: 1,
      differences: [{ kind: 'changed', key: { folder }, columns: { bytes: { legacy: bytes, warehouse: bytes + 1 } } }],
    })
  })

  it('differs when the warehouse does not have all events yet', async () => {
    const stage = await migrated(50)
    await stage.events.insertMany((await someHistory(500)).slice(50))
    const [result] = await reconcile([filesByFolderReport], stage)
    expect(result).toMatchObject({ verdict: 'differ' })
  })

  it('counts all differences and lists the first ones', async () => {
    const many = report('many', {
      key: ['n'],
      legacy: () => Array.from({ length: MAX_DIFFERENCES + 50 }, (_, n) => ({ n })),
      warehouse: () => [],
    })
    const [result] = await reconcile([many], await staged([]))
    expect(result).toMatchObject({ verdict: 'differ', differing: MAX_DIFFERENCES + 50 })
    expect(result!.differences).toHaveLength(MAX_DIFFERENCES)
  })

  type Sides = { legacy?: () => ReportRow[] | Promise<ReportRow[]>; warehouse?: () => ReportRow[] }
  it.each<[string, Sides, string]>([
    ['the old report throws', { legacy: () => Promise.reject(new Error('the old code is broken')) }, 'the old code'],
    [
      'the new report throws',
      {
        warehouse: (): never => {
          throw new Error('the new code is broken')
        },
      },
      'the new code',
    ],
    ['a row has no key', { legacy: () => [{ m: 1 }] }, 'without its key column n on the legacy side. Give each row'],
  ])('gives failed with the reason when %s, and goes on with the other reports', async (_, change, why) => {
    const fine = { key: ['n'], legacy: () => [{ n: 1 }], warehouse: () => [{ n: 1 }] }
    const results = await reconcile([report('bad', { ...fine, ...change }), report('good', fine)], await staged([]))
    expect(results).toMatchObject([
      { name: 'bad', verdict: 'failed', error: expect.stringContaining(why) as unknown },
      { name: 'good', verdict: 'agree' },
    ])
  })

  it('fails without the password when the warehouse cannot be reached', async () => {
    await using warehouse = mysqlWarehouse('mysql://u:hush-hush@127.0.0.1:1/w')
    const [result] = await reconcile([commitsByYearReport], { mongo: (await staged([])).mongo, warehouse })
    expect(result).toMatchObject({ verdict: 'failed', error: expect.stringContaining('ECONNREFUSED') as unknown })
    expect(JSON.stringify(result)).not.toContain('hush')
  })

  it('fails in a sentence when the warehouse falls silent in mid-statement', async () => {
    const stage = await migrated(20)
    const proxy = await startSilentProxy(stage.mysqlUrl)
    await using warehouse = mysqlWarehouse(proxy.url, { reportTimeoutMs: 300 })
    const [before] = await reconcile([commitsByYearReport], { mongo: stage.mongo, warehouse })
    expect(before).toMatchObject({ verdict: 'agree' })
    proxy.silence()
    const [result] = await reconcile([commitsByYearReport], { mongo: stage.mongo, warehouse })
    expect(result).toMatchObject({
      verdict: 'failed',
      error: expect.stringMatching(/ did not answer a report's statement within 300 ms\. Check that /) as unknown,
    })
  })

  it('fails in a sentence, with a remedy and without the password, when MongoDB cannot be reached', async () => {
    const nowhere = new MongoClient('mongodb://u:hush-hush@127.0.0.1:1/app', { serverSelectionTimeoutMS: 100 })
    onTestFinished(() => nowhere.close())
    const stage = await staged([])
    const [result] = await reconcile([commitsByYearReport], { ...stage, mongo: nowhere.db() })
    expect(result).toMatchObject({
      verdict: 'failed',
      error: expect.stringMatching(
        /^MongoDB failed at the database app: connect ECONNREFUSED 127\.0\.0\.1:1\. Check that the server runs /,
      ) as unknown,
    })
    expect(JSON.stringify(result)).not.toContain('hush')
  })

  it.each([
    'INSERT INTO dim_author (author_id) VALUES ("u")',
    'UPDATE dim_author SET mail_domain = NULL',
    'DELETE FROM dim_author',
    'DROP TABLE dim_author',
  ])('prevents a report from writing: %s', async (statement) => {
    const stage = await migrated(20)
    const count = async () => sql(stage.warehouse, 'SELECT COUNT(*) AS n FROM dim_author')
    const before = await count()
    const writing = report('writing', {
      key: ['n'],
      legacy: () => [],
      warehouse: async (_, db) => (await query<{ n: number }>`${query.raw(statement)}`.execute(db)).rows,
    })
    const [result] = await reconcile([writing], stage)
    expect(result).toMatchObject({ verdict: 'failed', error: expect.stringMatching(/read.only/i) as unknown })
    expect(await count()).toEqual(before)
  })

  it('passes each report the parameters of the call, or its own', async () => {
    const seen: unknown[] = []
    const asking = report('asking', {
      key: ['n'],
      params: { year: 2024 },
      legacy: (params) => (seen.push(params), []),
      warehouse: (params) => (seen.push(params), []),
    })
    const stage = await staged([])
    await reconcile([asking], stage)
    await reconcile([asking], { ...stage, params: { asking: { year: 2025 } } })
    expect(seen).toEqual([{ year: 2024 }, { year: 2024 }, { year: 2025 }, { year: 2025 }])
  })

  it('validates parameters by the schema of the report, and fails when they do not fit', async () => {
    const seen: unknown[] = []
    const schema: StandardSchema<{ year: number }> = {
      '~standard': {
        version: 1,
        validate: async (value) => {
          const year = Number((value as { year: unknown }).year)
          return Number.isInteger(year) ? { value: { year } } : { issues: [{ message: 'hush', path: ['year'] }] }
        },
      },
    }
    const asking = report('asking', {
      key: ['n'],
      schema,
      params: { year: 2024 },
      legacy: (params) => (seen.push(params), []),
      warehouse: (params) => (seen.push(params), []),
    })
    const stage = await staged([])
    const [fine] = await reconcile([asking], { ...stage, params: { asking: { year: '2025' } } })
    expect(fine).toMatchObject({ verdict: 'agree' })
    expect(seen).toEqual([{ year: 2025 }, { year: 2025 }])
    const [refused] = await reconcile([asking], { ...stage, params: { asking: { year: 'hush' } } })
    expect(refused).toMatchObject({
      verdict: 'failed',
      error: expect.stringMatching(
        /^The parameters of the report asking do not fit their schema at year\. /,
      ) as unknown,
    })
    expect(JSON.stringify(refused)).not.toContain('hush')
    expect(seen).toHaveLength(2)
  })

  it.each<[keyof ReconcileOptions, object | undefined, string]>([
    ['mongo', undefined, 'The option mongo of reconcile is missing.'],
    ['mongo', { db: () => ({}) }, 'The option mongo of reconcile has no method collection().'],
    ['warehouse', undefined, 'The option warehouse of reconcile is missing.'],
    ['warehouse', {}, 'The option warehouse of reconcile has no method reader().'],
  ])('refuses a wrong option: %s is %j', async (name, value, message) => {
    const options = { ...(await staged([])), [name]: value } as ReconcileOptions
    await expect(reconcile([], options)).rejects.toMatchObject({ code: 'CONFIG', message })
  })

  it.each<[string, () => Report]>([
    [
      'the old report',
      () => report('slow', { key: ['n'], legacy: () => new Promise<ReportRow[]>(() => {}), warehouse: () => [] }),
    ],
    [
      'the new report',
      () => {
        const warehouse = async (_: unknown, db: Kysely<LooseDatabase>) =>
          (await query<{ n: number }>`SELECT SLEEP(20) AS n`.execute(db)).rows
        return report('slow', { key: ['n'], legacy: () => [], warehouse })
      },
    ],
  ])('stops in mid-statement of %s when its signal aborts, and keeps no connection busy', async (_, slow) => {
    const { mongo, mysqlUrl } = await staged([])
    await using warehouse = mysqlWarehouse(mysqlUrl, { readers: 1 })
    const start = performance.now()
    const running = reconcile([slow()], { mongo, warehouse, signal: AbortSignal.timeout(300) })
    await expect(running).rejects.toMatchObject({ name: 'TimeoutError' })
    expect((await query<{ n: number }>`SELECT 1 AS n`.execute(warehouse.reader())).rows).toEqual([{ n: 1 }])
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('stops between reports when its signal aborts', async () => {
    const stop = new AbortController()
    const fine = { key: ['n'], legacy: () => (stop.abort(new Error('enough')), []), warehouse: () => [] }
    const running = reconcile([report('one', fine), report('two', fine)], {
      ...(await staged([])),
      signal: stop.signal,
    })
    await expect(running).rejects.toThrow('enough')
  })
})
