import type { ApplierSlice } from '../apply/index.ts'
import { bytesToText, ChangeoverError } from '../core/index.ts'
import { readCounting, receiptOf, receiptsOf, type Counting } from '../ledger/index.ts'
import type { CompiledMigration } from '../mapping/index.ts'
import type { ReadPort } from '../warehouse/index.ts'

/**
 * Limits a run to some tables. An event gets a receipt only when no other table waits for it: when it already has a receipt that counts
 * for the other tables. Throws a ChangeoverError `CONFIG` for a table that the migration does not have.
 */
export function sliceOf(
  migration: CompiledMigration,
  names: readonly string[],
  warehouse: Pick<ReadPort, 'find' | 'scan'>,
): ApplierSlice | undefined {
  const known = [...migration.relationsByTable.keys()]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined || names.length === 0) {
    throw new ChangeoverError(
      'CONFIG',
      unknown === undefined
        ? 'The list of tables is empty.'
        : `The migration ${migration.name} has no table ${JSON.stringify(unknown)}.`,
      { remedy: `Name some of its tables: ${known.join(', ')}.` },
    )
  }
  const tables = new Set(names)
  // All of them are no slice.
  if (known.every((name) => tables.has(name))) return undefined
  const receipts = receiptsOf(migration)
  let forOthers: Promise<Counting> | undefined
  const readForOthers = (): Promise<Counting> => {
    const { types, tables: all } = migration.counting
    const others = Object.entries(all).filter(([name]) => !tables.has(name))
    const counting = { types, tables: Object.fromEntries(others) }
    return readCounting(migration, { number: migration.generation, counting }, warehouse)
  }
  return {
    tables,
    async complete(keys, signal) {
      const counting = await (forOthers ??= readForOthers())
      const found = await warehouse.find(
        receipts,
        keys.map((key) => [key]),
        { signal },
      )
      const counted = found.map(receiptOf).filter((receipt) => counting.counts(receipt))
      return new Set(counted.map(({ event }) => bytesToText(event)))
    },
  }
}
