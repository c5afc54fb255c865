import { createApplier } from '../apply/index.ts'
import { encodeEvent } from '../event/index.ts'
import { ledgerOf } from '../ledger/index.ts'
import { compile, type CompiledMigration, type Migration } from '../mapping/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { deliveries, schedule, type Arrival } from './delivery.ts'
import { expectedWarehouse } from './expected.ts'
import { loadFastCheck, type Arbitrary } from './fast-check.ts'
import { deliveryFailure, historyFailure } from './failure.ts'
import { historiesOf, shortHistories } from './histories.ts'
import { resolveOptions, type ConvergenceOptions } from './options.ts'
import { assertEmpty, assertEqual, clearAll, type CheckedWarehouse } from './tables.ts'

/**
 * Looks for a history whose outcome depends on how it is delivered: permutes it, repeats events, cuts it into batches, and lets
 * several writers apply these at the same time. The warehouse must then equal the result of the pure merge, byte for byte. Finds
 * handlers that are impure, events with one _id and two contents, and events that no handler can map.
 *
 * @param events a list of events, of which it takes parts, or an arbitrary of fast-check that generates histories
 * @param warehouse one that has the migration's tables, all of them empty; they are emptied between runs and at the end
 *
 * Rejects with an Error that prints the smallest history it found, and how to replay it; with a ChangeoverError `CONFIG` when
 * fast-check is not installed, an option is out of range or a table is not empty, and with the warehouse's own when it fails. For any test runner.
 *
 * @example
 * import { test } from 'node:test'
 * import { planWarehouse } from 'changeover/migrate'
 * import { checkConvergence } from 'changeover/testing'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history, someRealEvents } from './changeover.config.ts'
 *
 * test('any delivery leads to the same warehouse', async () => {
 *   await using warehouse = mysqlWarehouse(process.env.TEST_MYSQL_URL)
 *   await warehouse.apply((await planWarehouse(warehouse, [history])).steps)
 *   await checkConvergence(history, someRealEvents, warehouse)
 * })
 */
export async function checkConvergence<E extends object>(
  migration: Migration,
  events: readonly E[] | Arbitrary<readonly E[]>,
  warehouse: CheckedWarehouse,
  options: ConvergenceOptions = {},
): Promise<void> {
  const { runs, maxEvents, writers, allowQuarantine, replay } = resolveOptions(options)
  const fc = await loadFastCheck()
  const compiled = compile(migration)
  const relations = [...compiled.relations, ...Object.values(ledgerOf(migration))]
  await assertEmpty(warehouse, relations)

  for (const history of shortHistories(events)) {
    await expectedWarehouse(compiled, encodeAll(history), allowQuarantine).catch((thrown: unknown) => {
      throw historyFailure(migration.name, thrown, history)
    })
  }
  const cases = historiesOf(fc, events, maxEvents).chain((history) =>
    fc.tuple(fc.constant(history), deliveries(fc, history.length, writers)),
  )

  // A warehouse that fails says nothing about the mapping, and is no reason to look for a smaller history.
  let outage: unknown
  const property = fc.asyncProperty(cases, async ([history, arrivals]) => {
    if (outage !== undefined) return
    const bodies = encodeAll(history)
    const expected = await expectedWarehouse(compiled, bodies, allowQuarantine)
    try {
      await clearAll(warehouse, relations)
      await deliver(compiled, warehouse, bodies, arrivals)
    } catch (thrown) {
      outage = thrown
      return
    }
    await assertEqual(warehouse, expected, compiled.relations)
  })
  try {
    const result = await fc.check(property, { numRuns: runs, ...replay })
    if (outage !== undefined) throw outage
    if (result.failed) throw deliveryFailure(migration.name, result)
  } finally {
    if (outage === undefined) await clearAll(warehouse, relations)
  }
}

function encodeAll(history: readonly object[]): Uint8Array[] {
  return history.map((event) => encodeEvent(event))
}

async function deliver(
  migration: CompiledMigration,
  warehouse: MergePort,
  bodies: readonly Uint8Array[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const applier = createApplier(migration, warehouse)
  const work = schedule(arrivals).map(async (batches) => {
    for (const batch of batches) {
      const events = batch.map((event) => bodies[event]!)
      await applier.apply(events, 'live')
    }
  })
  // Waits for all, so that none is still writing when another has failed.
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
