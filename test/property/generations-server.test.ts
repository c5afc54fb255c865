import { Closers } from '../../src/core/closers.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/index.ts'
import { compileRegistered, planWarehouse } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { checksumOf, relationsOf, viewNamesOf } from '../../src/star/index.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshSchema } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'
import { events, sequences } from './changing.ts'
import { migrationOf } from './changing-migration.ts'

const RUNS = 12

/** A new database, dropped when the case is over. */
async function emptyDatabase(closers: Closers): Promise<Warehouse> {
  const database = closers.use(await freshSchema())
  return closers.use(mysqlWarehouse(database.url))
}

/** Applies a definition; one that was applied before is gone back to. Resolves to the kinds of its steps. */
async function apply(warehouse: Warehouse, migration: Migration): Promise<readonly string[]> {
  const plan = await planWarehouse(warehouse, [migration]).catch(() =>
    planWarehouse(warehouse, [migration], { rollBack: true }),
  )
  await warehouse.apply(plan.steps)
  return plan.steps.map(({ kind }) => kind)
}

/** The rows of the views, as reports see them. */
async function viewsOf(warehouse: Warehouse, migration: Migration): Promise<unknown[]> {
  const names = Object.values(migration.tables).flatMap((table) => Object.values(viewNamesOf(table)))
  const rows = await Promise.all(names.map((name) => sql(warehouse, `SELECT * FROM \`${name}\``)))
  return rows.map((some) => some.map((row) => JSON.stringify(row)).toSorted())
}

test(
  'on a server, definitions that change one after the other end like the last one alone',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        sequences,
        events,
        fc.array(fc.tuple(fc.nat(6), fc.nat(4)), { maxLength: 8 }),
        async (choices, history, live) => {
          const closers = new Closers()
          try {
            const [warehouse, scratch] = [await emptyDatabase(closers), await emptyDatabase(closers)]
            const bodies = history.map((event) => encodeEvent(event))
            const migrations = choices.map((choice) => migrationOf(choice))
            const last = migrations.at(-1)!
            for (const migration of migrations) {
              await apply(warehouse, migration)
              expect(await apply(warehouse, migration)).toEqual([])
              const compiled = await compileRegistered(migration, warehouse)
              await createApplier(compiled, warehouse).apply(bodies.slice(0, 1 + (history.length >> 1)), 'live')
            }
            const compiled = await compileRegistered(last, warehouse)
            await createApplier(compiled, warehouse).apply(bodies.toReversed(), 'migrated')
            for (const [event, worker] of live) {
              const old = await compileRegistered(migrations[worker % migrations.length]!, warehouse)
              await createApplier(old, warehouse).apply([bodies[event % bodies.length]!], 'live')
            }
            await apply(scratch, last)
            await createApplier(await compileRegistered(last, scratch), scratch).apply(bodies, 'migrated')
            expect(await viewsOf(warehouse, last)).toEqual(await viewsOf(scratch, last))
            const alone = Object.values(last.tables).flatMap(relationsOf)
            for (const [i, relation] of compiled.relations.entries()) {
              const [is, should] = [await warehouse.buckets(relation), await scratch.buckets(alone[i]!)]
              expect([relation.name, checksumOf(is)]).toEqual([relation.name, checksumOf(should)])
            }
          } finally {
            await closers.disposeAsync()
          }
        },
      ),
      { numRuns: RUNS },
    )
  },
)
