import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { codeOf, until } from '../../src/core/index.ts'
import { calendar, column as c, dimension, fact } from '../../src/exports/index.ts'
import { vschemaOf, type Schema, type Warehouse } from '../../src/warehouse/index.ts'
import { inOrder, write } from '../warehouse/writing.ts'
import { shardedWarehouse } from './keyspace.ts'

const shop = dimension('shop', { key: { id: c.varchar(20) }, columns: { city: c.varchar(20) }, history: true })
const sale = fact('sale', { key: { id: c.int() }, dimensions: { shop, day: calendar }, measures: { price: c.int() } })
const range = { from: '2024-01-01', to: '2024-12-31' }
const schema: Schema = { tables: [shop, sale], internal: [], calendar: range }

const keyspace = new URL(inject('vitessUrl')).pathname.slice(1)
let warehouse: Warehouse
let connection: Connection
beforeAll(async () => {
  warehouse = await shardedWarehouse(schema)
  connection = await createConnection(inject('vitessUrl'))
})
afterAll(async () => {
  await connection.end()
  await warehouse.close()
})

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const [found] = await connection.query(sql)
  return found as Record<string, unknown>[]
}

/** The number of rows on each shard. */
async function perShard(table: string): Promise<number[]> {
  const counts: number[] = []
  for (const shard of ['-80', '80-']) {
    await connection.query(`USE \`${keyspace}:${shard}\``)
    const [row] = await rows(`SELECT COUNT(*) AS n FROM \`${table}\``)
    counts.push(Number(row!['n']))
  }
  await connection.query(`USE \`${keyspace}\``)
  return counts
}

/** Whether a merge found every column; any other error is thrown. */
async function isKnown(merging: Promise<void>): Promise<boolean> {
  try {
    await merging
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'SCHEMA') return false
    throw thrown
  }
}

describe('the schema on two shards', () => {
  test('is up to date after it was applied', async () => {
    expect(await warehouse.plan(schema)).toEqual([])
  })

  test('is what the vschema lists, table for table and view for view', async () => {
    const present = (await rows('SHOW TABLES')).map((row) => String(Object.values(row)[0]))
    expect(present.toSorted()).toEqual(Object.keys(vschemaOf(schema).tables).toSorted())
  })

  test('has every day of the calendar once, on the shard of its date', async () => {
    const counts = await perShard('dim_date')
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(366)
    expect(Math.min(...counts)).toBeGreaterThan(100)
    expect(await rows("SELECT month, weekday FROM dim_date WHERE date = '2024-02-29'")).toEqual([
      { month: 2, weekday: 4 },
    ])
    const later: Schema = { ...schema, calendar: { ...range, to: '2025-01-31' } }
    await warehouse.apply(await warehouse.plan(later))
    expect(await rows('SELECT COUNT(*) AS n FROM date')).toEqual([{ n: 366 + 31 }])
    expect(await warehouse.plan(later)).toEqual([])
  })

  test('puts rows of a table on both shards, each on one', async () => {
    const keys = Array.from({ length: 200 }, (_, i) => String(i))
    await write(warehouse, [shop], inOrder(...keys.map((id) => shop.create({ id }, { city: id }))))
    for (const table of ['dim_shop', 'dim_shop_history']) {
      const counts = await perShard(table)
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(200)
      expect(Math.min(...counts)).toBeGreaterThan(50)
    }
  })

  test('widens, adds columns, indexes and views, and drops what is no longer defined, while rows stay', async () => {
    const wider = dimension('shop', {
      key: { id: c.varchar(20) },
      columns: { city: c.varchar(60), size: c.int().nullable() },
      index: [['city', 'size']],
      history: true,
    })
    const changed: Schema = { ...schema, tables: [wider, sale] }
    const steps = await warehouse.plan(changed)
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['widen', 'add', 'index', 'view']))
    await warehouse.apply(steps)
    expect(await warehouse.plan(changed)).toEqual([])
    // The gate asks the shards for a table that has changed after a second, and refuses the new column until then.
    const doings = inOrder(wider.edit({ id: '7' }, { size: 9 }))
    await until(() => isKnown(write(warehouse, [wider], doings)), { signal: AbortSignal.timeout(20_000) })
    expect(await rows("SELECT size FROM shop WHERE id = '7'")).toEqual([{ size: 9 }])
    const bare = dimension('shop', { key: { id: c.varchar(20) }, columns: { city: c.varchar(60) }, history: true })
    const back: Schema = { ...schema, tables: [bare, sale] }
    await warehouse.apply(await warehouse.plan(back, { allowDestructive: true }))
    expect(await warehouse.plan(back)).toEqual([])
    expect(await rows('SELECT COUNT(*) AS n FROM shop')).toEqual([{ n: 200 }])
  })
})
