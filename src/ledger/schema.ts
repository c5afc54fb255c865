import { ledgerOf } from './tables.ts'
import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange, Schema } from '../warehouse/index.ts'
import { checkpointRelation } from './checkpoints.ts'

/** All that the warehouse must hold for these migrations. */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: migrations.flatMap((migration) => [...Object.values(ledgerOf(migration)), checkpointRelation(migration)]),
  }
}
