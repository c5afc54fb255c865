import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { comparable, rowsIn } from '../property/contents.ts'
import { DEED, EVERYTHING, rowsFrom } from '../property/everything.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

describe.each<[string, typeof EVERYTHING]>([
  ['a dimension', EVERYTHING],
  ['a fact', DEED],
])('the merge statement and the merge in memory agree on %s', (_, target) => {
  const table: AnyTable = target.table
  const { relation } = table.layout
  let warehouse: Warehouse
  let fresh: FreshWarehouse

  beforeAll(async () => {
    fresh = await freshTables([table])
    ;({ warehouse } = fresh)
  })
  afterAll(() => fresh[Symbol.asyncDispose]())

  test('on every cell and on the order of keys, for any rows in any batches', async () => {
    const cuts = fc.array(fc.nat(20), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        rowsFrom(target, { maxLength: 20 }),
        cuts,
        fc.infiniteStream(fc.boolean()),
        async (rows, at, again) => {
          await sql(warehouse, `DELETE FROM \`${relation.name}\``)
          for (const batch of cut(rows, at)) {
            await warehouse.merge(relation, mergeBatch(relation, batch))
            if (again.next().value) await warehouse.merge(relation, mergeBatch(relation, batch))
          }
          const expected = mergeBatch(relation, rows).map((row) => row.map(comparable))
          expect(await rowsIn(warehouse, relation)).toEqual(expected)
        },
      ),
      { numRuns: 120 },
    )
  })
})

function cut(rows: readonly Row[], at: readonly number[]): Row[][] {
  const edges = [0, ...at.toSorted((a, b) => a - b), rows.length]
  return edges.slice(1).map((end, i) => rows.slice(edges[i], end))
}
