import { expect, test } from 'vitest'
import { ChangeoverError } from '../../src/core/index.ts'
import { column as c, dimension } from '../../src/exports/index.ts'
import { memoryWarehouse } from '../../src/warehouse/index.ts'
import { bucketsIn, bucketsSql } from '../../src/warehouse/checks/buckets.ts'
import { needsOneShard } from '../../src/warehouse/shards.ts'
import { freshTables } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'
import { inOrder, write } from './writing.ts'

const shop = dimension('shop', { key: { id: c.int() }, columns: { city: c.varchar(20) } })
const { relation } = shop.layout

test('the buckets of rows on two servers add up to those of one', async () => {
  await using left = await freshTables([shop])
  await using right = await freshTables([shop])
  const memory = memoryWarehouse()
  const operations = Array.from({ length: 700 }, (_, id) => shop.create({ id }, { city: `city ${id}` }))
  await write(memory, [shop], inOrder(...operations))
  await write(left.warehouse, [shop], inOrder(...operations).slice(0, 300))
  await write(right.warehouse, [shop], inOrder(...operations).slice(300))
  const rows = [await sql(left.warehouse, bucketsSql(relation)), await sql(right.warehouse, bucketsSql(relation))]
  expect(bucketsIn(rows.flat())).toEqual(await memory.buckets(relation))
})

test('only the refusal of a sharded server sends a query to each shard', () => {
  const of = (errno: number): ChangeoverError => new ChangeoverError('UNEXPECTED', 'refused', { cause: { errno } })
  expect([1235, 1064, 1146].map((errno) => needsOneShard(of(errno)))).toEqual([true, false, false])
  expect(needsOneShard(new Error('refused'))).toBe(false)
})
