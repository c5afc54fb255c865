import type { Counting } from '../ledger/index.ts'
import type { CompiledMigration } from '../mapping/index.ts'
import type { CallOptions, OutdatedRegister, ReadPort } from '../warehouse/index.ts'

/** The rows of a table that hold what only an earlier definition has written. */
export interface OutdatedTable {
  /** The name of the table in MySQL: `dim_file`. */
  readonly table: string
  /** How many rows, by the stamp of the register. */
  readonly registers: readonly OutdatedRegister[]
}

/** Finds registers that only definitions have written whose receipts no longer count. Reads the tables of the migration. */
export async function outdatedTables(
  migration: CompiledMigration,
  counting: Counting,
  warehouse: Pick<ReadPort, 'outdated'>,
  options: CallOptions,
): Promise<OutdatedTable[]> {
  const found: OutdatedTable[] = []
  for (const [table, relations] of migration.relationsByTable) {
    const oldest = counting.oldestOfTable(table)
    if (oldest === undefined) continue
    for (const relation of relations) {
      const registers = await warehouse.outdated(relation, oldest, options)
      if (registers.length > 0) found.push({ table: relation.name, registers })
    }
  }
  return found
}
