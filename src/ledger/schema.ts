import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange } from '../star/index.ts'
import type { Schema } from '../warehouse/index.ts'
import { checkpointsOf } from './checkpoints.ts'
import { quarantineOf } from './quarantine.ts'
import { receiptsOf } from './receipts.ts'

/**
 * All tables and views that the warehouse needs for these migrations, internal ones included: what `warehouse.plan` takes.
 *
 * @example
 * import { schemaOf } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * await warehouse.apply(await warehouse.plan(schemaOf([history])))
 */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  const internal = [receiptsOf, quarantineOf, checkpointsOf]
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: migrations.flatMap((migration) => internal.map((relationOf) => relationOf(migration))),
  }
}
