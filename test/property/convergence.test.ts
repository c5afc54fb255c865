import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { checksumOf } from '../../src/star/rows/canonical.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { mergeSql } from '../../src/warehouse/merge/statement.ts'
import { memoryWarehouse, mysqlWarehouse, type MemoryWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { contentsOf, empty } from './contents.ts'
import { things } from './histories.ts'
import { batchesOf, deliver, MAX_APPLIERS, reportReadably, scenarios } from './scenarios.ts'
import { compile } from '../../src/mapping/index.ts'

const migration = things()
const { receipts, quarantine } = ledgerOf(migration)
const relations = [...Object.values(migration.tables).flatMap(relationsOf), receipts, quarantine]
// The path that brought a row, and the time at which its event was quarantined, are not part of the warehouse's content.
const LEFT_OUT = ['_origin', 'origin', 'first_seen', 'last_seen']

describe('events in any order, duplicated, in batches, over 1 to 8 connections', () => {
  let stack: Closers
  let expected: Warehouse
  let actual: Warehouse[]

  beforeAll(async () => {
    stack = new Closers()
    expected = stack.use(await freshWarehouse([migration], { connections: 2 })).warehouse
    const shared = stack.use(await freshWarehouse([migration]))
    actual = Array.from({ length: MAX_APPLIERS }, () => stack.use(mysqlWarehouse(shared.url, { connections: 1 })))
  })
  afterAll(() => stack.disposeAsync())

  test('leave the same warehouse, byte for byte, as one ordered run', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        await Promise.all([empty(expected, relations), empty(actual[0]!, relations)])
        const inOrder = createApplier(compile(migration), expected)
        for (const event of scenario.history) await inOrder.apply([encodeEvent(event)], 'migrated')
        await deliver(migration, actual, scenario)
        expect(await contentsOf(actual[0]!, relations, LEFT_OUT)).toEqual(
          await contentsOf(expected, relations, LEFT_OUT),
        )
      }),
      { numRuns: 350, reporter: reportReadably },
    )
    // With sorted keys and one statement per transaction, InnoDB has nothing to deadlock on.
    expect(actual.map(({ counters }) => counters.lockConflicts)).toEqual(Array<number>(MAX_APPLIERS).fill(0))
  })

  test('leave the same warehouse when a corrected mapping runs alongside the one it replaces', async () => {
    const corrected = things(2)
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ history, deliveries }) => {
        await Promise.all([empty(expected, relations), empty(actual[0]!, relations)])
        const bodies = history.map((event) => encodeEvent(event))
        for (const of of [migration, corrected]) await createApplier(compile(of), expected).apply(bodies, 'migrated')

        const order = deliveries.map(({ event }) => bodies[event]!)
        await Promise.all([
          ...batchesOf(deliveries).map((batch) =>
            createApplier(compile(migration), actual[0]!).apply(
              batch.map(({ event }) => bodies[event]!),
              'live',
            ),
          ),
          createApplier(compile(corrected), actual[1]!).apply(order, 'repaired'),
          createApplier(compile(corrected), actual[2]!).apply(order.toReversed(), 'migrated'),
        ])
        expect(await contentsOf(actual[0]!, relations, LEFT_OUT)).toEqual(
          await contentsOf(expected, relations, LEFT_OUT),
        )
      }),
      { numRuns: 80, reporter: reportReadably },
    )
  })

  test('are merged without a read before the write and without an explicit lock', async () => {
    const dialect = await expected.dialect()
    for (const relation of relations) {
      expect(mergeSql(relation, 4, dialect)).not.toMatch(
        /\bSELECT\b|\bLOCK\b|\bFOR\s+UPDATE\b|GET_LOCK|\bREPLACE\b|\bIGNORE\b|;/i,
      )
    }
  })
})

test('thousands of histories leave the same rows in memory, whatever the delivery', async () => {
  const now = (): Date => new Date(0)
  const sums = (warehouse: MemoryWarehouse): Promise<string[]> =>
    Promise.all(relations.map(async (relation) => checksumOf(await warehouse.buckets(relation))))
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const [inOrder, delivered] = [memoryWarehouse(), memoryWarehouse()]
      const bodies = scenario.history.map((event) => encodeEvent(event))
      for (const body of bodies) await createApplier(compile(migration), inOrder, now).apply([body], 'live')
      await deliver(migration, Array<MemoryWarehouse>(MAX_APPLIERS).fill(delivered), scenario, now)
      expect(await sums(delivered)).toEqual(await sums(inOrder))
    }),
    { numRuns: 2000, reporter: reportReadably },
  )
})
