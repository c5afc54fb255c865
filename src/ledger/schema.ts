import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange } from '../star/index.ts'
import type { Schema } from '../warehouse/index.ts'
import { checkpointsOf } from './checkpoint-rows.ts'
import { generationsTable } from './generations.ts'
import { quarantineOf } from './quarantine.ts'
import { receiptsOf } from './receipts.ts'
import { workersOf } from './workers.ts'
import { writtenTablesOf } from './written-tables.ts'

/**
 * All tables and views of these migrations under the plain names of their columns, internal tables included: what `warehouse.plan` takes.
 * That registers nothing, so no worker begins in such a warehouse. Use {@link planWarehouse} to plan one for workers.
 *
 * @example
 * import { schemaOf } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * for (const { sql } of await warehouse.plan(schemaOf([history]))) console.log(sql)
 */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  const internal = [receiptsOf, quarantineOf, checkpointsOf, writtenTablesOf, workersOf]
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: [
      generationsTable,
      ...migrations.flatMap((migration) => internal.map((relationOf) => relationOf(migration))),
    ],
  }
}
