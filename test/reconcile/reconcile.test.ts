import { sql as query } from 'kysely'
import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { commitsByAuthorReport, commitsByYearReport, filesByFolderReport } from '../../examples/history/reports.ts'
import { report } from '../../src/mapping/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { MAX_DIFFERENCES, reconcile } from '../../src/reconcile/index.ts'
import { mysqlWarehouse } from '../../src/warehouse/index.ts'
import { someHistory, staged, type Stage } from '../migrate/history.ts'
import { sql } from '../support/sql.ts'

const reports = [filesByFolderReport, commitsByYearReport, commitsByAuthorReport]

/** A migrated history. */
async function migrated(count = 400): Promise<Stage> {
  const stage = await staged(await someHistory(count))
  await migrate(history, stage)
  return stage
}

describe('reconcile', () => {
  it('finds that a migrated history agrees in every report', async () => {
    const stage = await migrated()
    const results = await reconcile(reports, stage)
    expect(results.map(({ name, verdict, differing }) => ({ name, verdict, differing }))).toEqual(
      reports.map(({ name }) => ({ name, verdict: 'agree', differing: 0 })),
    )
    expect(results.every(({ rows, legacyRows }) => rows.length === legacyRows)).toBe(true)
  })

  it('finds a difference that was planted in the warehouse, and names its row and column', async () => {
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

  it('finds that events are not in the warehouse yet', async () => {
    const stage = await migrated(50)
    await stage.events.insertMany((await someHistory(500)).slice(50))
    const [result] = await reconcile([filesByFolderReport], stage)
    expect(result).toMatchObject({ verdict: 'differ' })
  })

  it('counts all differences, and gives the first of them', async () => {
    const many = report('many', {
      key: ['n'],
      legacy: () => Array.from({ length: MAX_DIFFERENCES + 50 }, (_, n) => ({ n })),
      warehouse: () => [],
    })
    const [result] = await reconcile([many], await staged([]))
    expect(result).toMatchObject({ verdict: 'differ', differing: MAX_DIFFERENCES + 50 })
    expect(result!.differences).toHaveLength(MAX_DIFFERENCES)
  })

  it.each([
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
    ['a row lacks its key', { legacy: () => [{ m: 1 }] }, 'without its key column n on the legacy side. Give each row'],
  ])('says failed, and why, when %s; the other reports go on', async (_, change, why) => {
    const fine = { key: ['n'], legacy: () => [{ n: 1 }], warehouse: () => [{ n: 1 }] }
    const results = await reconcile([report('bad', { ...fine, ...change }), report('good', fine)], await staged([]))
    expect(results).toMatchObject([
      { name: 'bad', verdict: 'failed', error: expect.stringContaining(why) as unknown },
      { name: 'good', verdict: 'agree' },
    ])
  })

  it('says failed when the warehouse cannot be reached, without its password', async () => {
    await using warehouse = mysqlWarehouse('mysql://u:hush-hush@127.0.0.1:1/w')
    const [result] = await reconcile([commitsByYearReport], { mongo: (await staged([])).mongo, warehouse })
    expect(result).toMatchObject({ verdict: 'failed', error: expect.stringContaining('ECONNREFUSED') as unknown })
    expect(JSON.stringify(result)).not.toContain('hush')
  })

  it.each([
    'INSERT INTO dim_author (author_id) VALUES ("u")',
    'UPDATE dim_author SET mail_domain = NULL',
    'DELETE FROM dim_author',
    'DROP TABLE dim_author',
  ])('does not let a report write: %s', async (statement) => {
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

  it('gives each report its own parameters, or those of the call', async () => {
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
