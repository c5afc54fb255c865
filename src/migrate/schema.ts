import { ledgerOf } from '../apply/ledger.ts'
import { tablesOf } from '../mapping/config.ts'
import type { Migration } from '../mapping/migration.ts'
import type { Schema } from '../warehouse/ddl.ts'
import { checkpointRelation } from './checkpoint.ts'

/** All that the warehouse must hold for these migrations. */
export function schemaOf(migrations: readonly Migration[]): Schema {
  return {
    tables: tablesOf(migrations),
    internal: migrations.flatMap((migration) => [...Object.values(ledgerOf(migration)), checkpointRelation(migration)]),
  }
}
