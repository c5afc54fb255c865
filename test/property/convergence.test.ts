import { EJSON } from 'bson'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Closers } from '../../src/core/closers.ts'
import { createApplier, ledgerOf } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/bson.ts'
import type { Origin } from '../../src/star/operation.ts'
import { mergeSql } from '../../src/warehouse/merge-sql.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { contentsOf, empty } from './contents.ts'
import { histories, things } from './histories.ts'

const migration = things()
const { receipts, quarantine } = ledgerOf(migration)
const relations = [...Object.values(migration.tables).map((table) => table.layout.relation), receipts, quarantine]
// Which path brought a row, and when its event was refused, is no part of what the warehouse says.
const LEFT_OUT = ['_origin', 'origin', 'first_seen', 'last_seen']
const APPLIERS = 4

/** One event on its way to one of the appliers, in one of its batches. */
interface Delivery {
  readonly event: number
  readonly applier: number
  readonly endsBatch: boolean
  readonly origin: Origin
}

interface Scenario {
  readonly history: Record<string, unknown>[]
  readonly deliveries: Delivery[]
}

const scenarios: fc.Arbitrary<Scenario> = histories.chain((history) => {
  const delivery = (of: fc.Arbitrary<number>): fc.Arbitrary<Delivery> =>
    fc.record({
      event: of,
      applier: fc.nat(APPLIERS - 1),
      endsBatch: fc.boolean(),
      origin: fc.constantFrom<Origin>('live', 'migrated', 'repaired'),
    })
  const once = fc.tuple(...history.map((_, i) => delivery(fc.constant(i))))
  const again = fc.array(delivery(fc.nat(history.length - 1)), { maxLength: history.length })
  const deliveries = fc
    .tuple(once, again)
    .chain(([all, more]) => fc.shuffledSubarray([...all, ...more], { minLength: all.length + more.length }))
  return fc.record({ history: fc.constant(history), deliveries })
})

describe('any order, duplicates, batches and number of appliers', () => {
  let stack: Closers
  let expected: Warehouse
  let actual: Warehouse[]

  beforeAll(async () => {
    stack = new Closers()
    expected = stack.use(await freshWarehouse([migration], { connections: 2 })).warehouse
    const shared = stack.use(await freshWarehouse([migration]))
    actual = Array.from({ length: APPLIERS }, () => stack.use(mysqlWarehouse(shared.url, { connections: 2 })))
  })
  afterAll(() => stack.disposeAsync())

  test('leave the same warehouse, byte for byte, as one run in order', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ history, deliveries }) => {
        await Promise.all([empty(expected, relations), empty(actual[0]!, relations)])
        const bodies = history.map((event) => encodeEvent(event))
        const inOrder = createApplier(migration, expected)
        for (const body of bodies) await inOrder.apply([body], 'migrated')

        await Promise.all(
          actual.map(async (warehouse, number) => {
            const applier = createApplier(migration, warehouse)
            for (const batch of batchesOf(deliveries.filter(({ applier: of }) => of === number))) {
              await applier.apply(
                batch.map(({ event }) => bodies[event]!),
                batch[0]!.origin,
              )
            }
          }),
        )

        expect(await contentsOf(actual[0]!, relations, LEFT_OUT)).toEqual(
          await contentsOf(expected, relations, LEFT_OUT),
        )
      }),
      { numRuns: 400, reporter: reportReadably },
    )
    // Sorted keys and one statement a transaction leave InnoDB nothing to deadlock on.
    expect(actual.map(({ counters }) => counters.lockConflicts)).toEqual([0, 0, 0, 0])
  })

  test('leave the same warehouse when a corrected mapping runs beside the one that it replaces', async () => {
    const corrected = things(2)
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ history, deliveries }) => {
        await Promise.all([empty(expected, relations), empty(actual[0]!, relations)])
        const bodies = history.map((event) => encodeEvent(event))
        for (const of of [migration, corrected]) await createApplier(of, expected).apply(bodies, 'migrated')

        const order = deliveries.map(({ event }) => bodies[event]!)
        await Promise.all([
          ...batchesOf(deliveries).map((batch) =>
            createApplier(migration, actual[0]!).apply(
              batch.map(({ event }) => bodies[event]!),
              'live',
            ),
          ),
          createApplier(corrected, actual[1]!).apply(order, 'repaired'),
          createApplier(corrected, actual[2]!).apply(order.toReversed(), 'migrated'),
        ])
        expect(await contentsOf(actual[0]!, relations, LEFT_OUT)).toEqual(
          await contentsOf(expected, relations, LEFT_OUT),
        )
      }),
      { numRuns: 100, reporter: reportReadably },
    )
  })

  test('the merge reads nothing before it writes, and takes no lock of its own', async () => {
    const dialect = await expected.dialect()
    for (const relation of relations) {
      expect(mergeSql(relation, 4, dialect)).not.toMatch(
        /\bSELECT\b|\bLOCK\b|\bFOR\s+UPDATE\b|GET_LOCK|\bREPLACE\b|\bIGNORE\b|;/i,
      )
    }
  })
})

function batchesOf(deliveries: readonly Delivery[]): Delivery[][] {
  const batches: Delivery[][] = [[]]
  for (const delivery of deliveries) {
    batches.at(-1)!.push(delivery)
    if (delivery.endsBatch) batches.push([])
  }
  return batches.filter((batch) => batch.length > 0)
}

// The history as a person reads it, beside the seed and the path that replay it.
function reportReadably(details: fc.RunDetails<[Scenario]>): void {
  if (!details.failed) return
  const [scenario] = details.counterexample ?? []
  const lines = (scenario?.history ?? []).map((event, i) => `  ${i}: ${EJSON.stringify(event)}`)
  const order = batchesOf(scenario?.deliveries ?? []).map((batch) =>
    batch.map(({ event, applier }) => `${event}@${applier}`).join(' '),
  )
  throw new Error(
    [
      `seed ${details.seed}, path ${details.counterexamplePath}, after ${details.numShrinks} shrinks`,
      ...lines,
      order.join(' | '),
    ].join('\n'),
    { cause: details.errorInstance },
  )
}
