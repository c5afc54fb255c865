import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import { memoryWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { comparable } from '../property/contents.ts'
import { DEED, EVERYTHING, rowsFrom } from '../property/everything.ts'
import { shardedWarehouse } from './keyspace.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await shardedWarehouse({ tables: [EVERYTHING.table, DEED.table], internal: [] })
})
afterAll(() => warehouse.close())

describe.each([
  ['a dimension with every column type under every merge', EVERYTHING],
  ['a fact whose content has every column type', DEED],
])('%s', (_, target) => {
  const { relation } = target.table.layout
  test('has on two shards the rows, the checksums and the conflicts that it has in memory', async () => {
    await fc.assert(
      fc.asyncProperty(rowsFrom(target, { minLength: 1, maxLength: 40 }), async (rows) => {
        const memory = memoryWarehouse()
        await warehouse.clear(relation)
        for (const part of [rows.slice(0, rows.length >> 1), rows]) {
          for (const each of [warehouse, memory]) await each.merge(relation, mergeBatch(relation, part))
        }
        const scanned = async (each: Pick<Warehouse, 'scan'>) =>
          (await Array.fromAsync(each.scan(relation, { pageRows: 7 }))).flat().map((row) => row.map(comparable))
        expect(await scanned(warehouse)).toEqual(await scanned(memory))
        expect(await warehouse.buckets(relation)).toEqual(await memory.buckets(relation))
        expect(await warehouse.conflicts([target.table])).toEqual(await memory.conflicts([target.table]))
        const keys = rows.map((row) => row.slice(0, relation.keyLength)) as never
        expect(await warehouse.find(relation, keys)).toHaveLength(memory.rows(relation).length)
      }),
      { numRuns: 40 },
    )
  })
})
