import { beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension, fact } from '../../src/exports/index.ts'
import type { Columns } from '../../src/star/define/column.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshTables } from '../support/fresh.ts'
import { EVERYTHING } from '../property/everything.ts'
import { sql } from '../support/sql.ts'

let warehouse: Warehouse

beforeEach(async () => {
  const fresh = await freshTables()
  ;({ warehouse } = fresh)
  return () => fresh[Symbol.asyncDispose]()
})

const file = (columns: Columns): AnyTable => dimension('file', { key: { path: c.varchar(40) }, columns })
const planFor = (...tables: AnyTable[]) => warehouse.plan({ tables, internal: [] })
const apply = async (...tables: AnyTable[]): Promise<void> => warehouse.apply(await planFor(...tables))
const why = async (table: AnyTable): Promise<string[]> => (await planFor(table)).map((step) => step.why)

describe('apply', () => {
  test('creates what is missing, and is then up to date', async () => {
    const sale = fact('sale', {
      key: { id: c.int() },
      dimensions: { file: dimension('file', { key: { path: c.int() } }) },
    })
    const tables = [EVERYTHING.table, file({ bytes: c.bigint() }), sale]
    expect(await planFor(...tables)).toHaveLength(8)
    await apply(...tables)
    expect(await planFor(...tables)).toEqual([])
  })

  test('applies the same plan twice', async () => {
    const steps = await planFor(file({ bytes: c.bigint() }))
    await warehouse.apply(steps)
    await warehouse.apply(steps)
    expect(await planFor(file({ bytes: c.bigint() }))).toEqual([])
  })

  test('adds a column with its stamp, and puts it into the view in the order of the definition', async () => {
    await apply(file({ bytes: c.bigint() }))
    await sql(warehouse, "INSERT INTO dim_file (path, bytes, _live) VALUES ('a', 7, 1)")
    const wider = file({ lines: c.int(), bytes: c.bigint() })
    expect(await why(wider)).toEqual([
      'the column dim_file.lines is missing',
      'the column dim_file._stamp_lines is missing',
      'the view file is missing or has other columns',
      'the view file_members is missing or has other columns',
    ])
    await apply(wider)
    expect(await why(wider)).toEqual([])
    expect(await sql(warehouse, 'SELECT * FROM file')).toEqual([{ path: 'a', lines: null, bytes: 7 }])
  })

  test('widens a text column when an enum gets a longer word', async () => {
    await apply(file({ kind: c.enum('a', 'b') }))
    const wider = file({ kind: c.enum('a', 'b', 'binary') })
    expect(await why(wider)).toEqual([
      expect.stringMatching(/^the column dim_file\.kind is varchar\(1\) \(\w+\) and needs VARCHAR\(6\)$/),
    ])
    await apply(wider)
    expect(await why(wider)).toEqual([])
  })

  test('keeps the quotes of a comment, and turns its backslashes into slashes', async () => {
    const sentence = "It's \"quoted\", `ticked`, 100 % é; -- '' \\"
    await apply(file({ a: c.int().comment(sentence), b: c.int().comment(`${'x'.repeat(1023)}'s`) }))
    const rows = await sql(
      warehouse,
      "SELECT COLUMN_NAME AS n, COLUMN_COMMENT AS said FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'dim_file' AND COLUMN_NAME IN ('a', 'b')",
    )
    expect(rows).toEqual([
      { n: 'a', said: sentence.replace('\\', '/') },
      { n: 'b', said: `${'x'.repeat(1023)}'` },
    ])
  })

  test('shows only live rows and defined columns in the view', async () => {
    const table = dimension('file', { key: { path: c.varchar(40) }, columns: { bytes: c.int().nullable() } })
    await apply(table)
    const operations = [
      table.create({ path: 'live' }),
      table.edit({ path: 'early' }, { bytes: 1 }),
      table.delete({ path: 'dead' }),
    ]
    const rows = operations.flatMap((operation, i) =>
      rowsOf([operation], stampOf(BigInt(i), i, 1), 'live').map(({ row }) => row),
    )
    for (const row of rows) await warehouse.merge(table.layout.relation, [row])
    expect(await sql(warehouse, 'SELECT * FROM file')).toEqual([{ path: 'live', bytes: null }])
    expect(await sql(warehouse, 'SELECT COUNT(*) AS n FROM dim_file')).toEqual([{ n: 3 }])
  })
})

describe('planning fails with a sentence when', () => {
  test.each<[string, AnyTable, string, RegExp]>([
    [
      'a type has changed',
      file({ bytes: c.boolean() }),
      '',
      /^The column dim_file\.bytes is int(\(11\))? and should be TINYINT\(1\)\.$/,
    ],
    [
      'a text would lose its end',
      file({ bytes: c.int(), name: c.varchar(5) }),
      '',
      /^The column dim_file\.name is varchar\(9\) \(\w+\) and should be VARCHAR\(5\)\.$/,
    ],
    [
      'the key has another column',
      dimension('file', { key: { path: c.varchar(40), repo: c.int() } }),
      '',
      /is keyed by path and should be by path, repo\.$/,
    ],
    [
      'the key has one column fewer',
      dimension('file', { key: { path: c.varchar(40) } }),
      'ALTER TABLE dim_file DROP PRIMARY KEY, ADD PRIMARY KEY (path, _origin)',
      /is keyed by path, _origin and should be by path\.$/,
    ],
    [
      'first has become last',
      file({ bytes: c.int(), name: c.varchar(9).first() }),
      '',
      /^The column dim_file\._stamp_name has the comment "changeover: the latest event counts", but its merge is now a different one\.$/,
    ],
    [
      'there is no key',
      file({}),
      'ALTER TABLE dim_file DROP PRIMARY KEY',
      /is keyed by nothing and should be by path\.$/,
    ],
    [
      'there is a second unique key',
      file({}),
      'CREATE UNIQUE INDEX by_name ON dim_file (name)',
      /^The table dim_file has a second unique key, by_name\.$/,
    ],
  ])('%s', async (_, table, change, sentence) => {
    await apply(file({ bytes: c.int(), name: c.varchar(9) }))
    if (change !== '') await sql(warehouse, change)
    await expect(planFor(table)).rejects.toMatchObject({
      code: 'SCHEMA',
      message: expect.stringMatching(sentence) as string,
      remedy: expect.stringMatching(/\.$/) as string,
    })
  })
})
