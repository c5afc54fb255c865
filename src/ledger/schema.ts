import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange } from '../star/index.ts'
import type { Schema } from '../warehouse/index.ts'
import { checkpointsOf } from './checkpoints.ts'
import { quarantineOf } from './quarantine.ts'
import { receiptsOf } from './receipts.ts'

/** All that the warehouse must hold for these migrations: what `warehouse.plan` takes. */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  const internal = [receiptsOf, quarantineOf, checkpointsOf]
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: migrations.flatMap((migration) => internal.map((relationOf) => relationOf(migration))),
  }
}
