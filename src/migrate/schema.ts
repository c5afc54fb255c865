import { ledgerOf } from '../apply/ledger.ts'
import { tablesOf } from '../mapping/config.ts'
import type { Migration } from '../mapping/migration.ts'
import type { CalendarRange } from '../warehouse/calendar.ts'
import type { Schema } from '../warehouse/plan.ts'
import { checkpointRelation } from './checkpoint.ts'

/** All that the warehouse must hold for these migrations. */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: migrations.flatMap((migration) => [...Object.values(ledgerOf(migration)), checkpointRelation(migration)]),
  }
}
