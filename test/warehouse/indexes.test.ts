import { afterEach, beforeEach, expect, test } from 'vitest'
import { column as c, dimension, fact, type AnyTable } from '../../src/exports/index.ts'
import type { PlanOptions, Step } from '../../src/warehouse/index.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'
import { inOrder, write } from './writing.ts'

const key = { id: c.int() }
const measures = { at: c.datetime(), size: c.double(), who: c.varchar(9) }
const plain = fact('sale', { key, measures })
const sale = fact('sale', { key, measures, index: [['who', 'at'], ['size']] })
const user = dimension('user', { key, columns: { city: c.varchar(9) }, history: true, index: [['city']] })

let fresh: FreshWarehouse
beforeEach(async () => {
  fresh = await freshTables()
})
afterEach(() => fresh[Symbol.asyncDispose]())

const plan = (table: AnyTable, options?: PlanOptions): Promise<Step[]> =>
  fresh.warehouse.plan({ tables: [table], internal: [] }, options)
const apply = async (table: AnyTable, options?: PlanOptions): Promise<void> =>
  fresh.warehouse.apply(await plan(table, options))
const indexes = async (table: string): Promise<string[]> => {
  const rows = await sql(
    fresh.warehouse,
    "SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS columns_, MIN(NON_UNIQUE) AS many FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME <> 'PRIMARY' GROUP BY INDEX_NAME",
    [table],
  )
  return rows.map(({ columns_, many }) => `${String(columns_)} ${String(many)}`).toSorted()
}

test('a new table gets its indexes, none of them unique, and nothing is pending then', async () => {
  expect((await plan(sale)).map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    'create: the table fact_sale is missing',
    'index: the index of fact_sale on who, at is missing',
    'index: the index of fact_sale on size is missing',
    'view: the view sale is missing or has other columns',
  ])
  await apply(sale)
  expect(await indexes('fact_sale')).toEqual(['size 1', 'who,at 1'])
  expect(await plan(sale)).toEqual([])
})

test('a table with rows gets an index that its definition adds', async () => {
  await apply(plain)
  await write(
    fresh.warehouse,
    [plain],
    inOrder(plain.create({ id: 1 }, { at: new Date(0 + 1e12), size: 0.1, who: 'a' })),
  )
  expect((await plan(sale)).map(({ kind }) => kind)).toEqual(['index', 'index'])
  await apply(sale)
  expect(await indexes('fact_sale')).toEqual(['size 1', 'who,at 1'])
})

test('only the table of a dimension has its indexes, not that of its history', async () => {
  await apply(user)
  expect(await indexes('dim_user')).toEqual(['city 1'])
  expect(await indexes('dim_user_history')).toEqual([])
})

test('a plan can leave indexes out, so that they are built after a bulk load', async () => {
  expect((await plan(sale, { indexes: false })).map(({ kind }) => kind)).toEqual(['create', 'view'])
  await apply(sale, { indexes: false })
  expect(await plan(sale, { indexes: false })).toEqual([])
  expect((await plan(sale)).map(({ kind }) => kind)).toEqual(['index', 'index'])
})

test('an index that is no longer defined is dropped only by a destructive plan', async () => {
  await apply(sale)
  expect(await plan(plain)).toEqual([])
  expect((await plan(plain, { allowDestructive: true })).map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    'drop: the index of fact_sale on size is no longer defined',
    'drop: the index of fact_sale on who, at is no longer defined',
  ])
  await apply(plain, { allowDestructive: true })
  expect(await indexes('fact_sale')).toEqual([])
  expect(await plan(plain, { allowDestructive: true })).toEqual([])
})

test('an index made by hand is left alone, and serves in place of one on the same columns', async () => {
  await apply(plain)
  await sql(fresh.warehouse, 'CREATE INDEX mine ON fact_sale (who, at)')
  await sql(fresh.warehouse, 'CREATE INDEX other ON fact_sale (at, who)')
  await sql(fresh.warehouse, 'CREATE INDEX part ON fact_sale (who(3))')
  expect(await plan(plain, { allowDestructive: true })).toEqual([])
  expect((await plan(sale)).map(({ why }) => why)).toEqual(['the index of fact_sale on size is missing'])
  const short = fact('sale', { key, measures, index: [['who']] })
  expect((await plan(short)).map(({ why }) => why)).toEqual(['the index of fact_sale on who is missing'])
})

test('an index that lost a column is made again', async () => {
  await apply(sale)
  await sql(fresh.warehouse, 'ALTER TABLE fact_sale DROP COLUMN at')
  await apply(sale)
  expect(await indexes('fact_sale')).toEqual(['size 1', 'who,at 1'])
  expect(await plan(sale, { allowDestructive: true })).toEqual([])
})

test('two processes may build the same indexes at the same time', async () => {
  await apply(plain)
  const [first, second] = await Promise.all([plan(sale), plan(sale)])
  await Promise.all([fresh.warehouse.apply(first), fresh.warehouse.apply(second)])
  expect(await indexes('fact_sale')).toEqual(['size 1', 'who,at 1'])
})

test('a report over the view uses the index', async () => {
  await apply(sale)
  const create = (id: number) => sale.create({ id }, { at: new Date(1e12 + id), size: 1, who: `w${id % 50}` })
  await write(fresh.warehouse, [sale], inOrder(...Array.from({ length: 500 }, (_, id) => create(id))))
  await sql(fresh.warehouse, 'ANALYZE TABLE fact_sale')
  const rows = await sql(
    fresh.warehouse,
    "EXPLAIN FORMAT=TRADITIONAL SELECT * FROM sale WHERE who = 'w7' AND at > '2001-01-01'",
  )
  expect(rows[0]).toMatchObject({ table: 'fact_sale', key: expect.stringMatching(/^ix_who_at_/) as string })
})
