import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { ledgerOf, schemaOf } from '../../src/ledger/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { memoryWarehouse, mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { things } from '../property/histories.ts'
import { deliver, MAX_APPLIERS, reportReadably, scenarios } from '../property/scenarios.ts'
import { inject } from 'vitest'
import { shardedWarehouse } from './keyspace.ts'

const migration = things()
const { receipts, quarantine } = ledgerOf(migration)
const relations = [...Object.values(migration.tables).flatMap(relationsOf), receipts, quarantine]
const now = (): Date => new Date(0)

let warehouses: Warehouse[]
beforeAll(async () => {
  const first = await shardedWarehouse(schemaOf([migration]))
  warehouses = [
    first,
    ...Array.from({ length: MAX_APPLIERS - 1 }, () => mysqlWarehouse(inject('vitessUrl'), { connections: 1 })),
  ]
})
afterAll(async () => {
  for (const warehouse of warehouses) await warehouse.close()
})

test('events in any order, duplicated, in batches, from 1 to 8 sinks leave on two shards what they leave in memory', async () => {
  const [warehouse] = warehouses
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      for (const relation of relations) await warehouse!.clear(relation)
      const expected = memoryWarehouse()
      const inOrder = createApplier(compile(migration), expected, now)
      for (const event of scenario.history) await inOrder.apply([encodeEvent(event)], 'migrated')
      await deliver(migration, warehouses, scenario, now)
      for (const relation of relations) {
        expect([relation.name, await warehouse!.buckets(relation)]).toEqual([
          relation.name,
          await expected.buckets(relation),
        ])
      }
    }),
    { numRuns: 40, reporter: reportReadably },
  )
})
