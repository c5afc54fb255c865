import { bytesToText } from '../core/index.ts'
import { eventKey } from '../event/index.ts'
import type { CompiledMigration, Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort, RegistryPort } from '../warehouse/index.ts'
import { readCounting, type Counting } from './counting.ts'
import { compileRegistered } from './registered.ts'
import { receiptOf, receiptsOf } from './receipts.ts'

/** The `_id`s of events, in batches of any size: what `EventSource.idsBetween` yields. */
export type EventIds = AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>

/** What completeness is read from. */
export type LedgerPort = Pick<ReadPort, 'find' | 'scan'> & RegistryPort

/** Which receipts count under a migration's generation, as the warehouse knows it now. */
export function countingOf(
  migration: CompiledMigration,
  warehouse: LedgerPort,
  options: CallOptions = {},
): Promise<Counting> {
  const { generation, counting } = migration
  return readCounting(migration, { number: generation, counting }, warehouse, options)
}

/**
 * The ids that have no receipt that counts, in the batches in which they came; a batch of which nothing is missing is left out. This
 * compares sets, so it is right in whatever order ids were made and events were written.
 */
export async function* idsWithoutReceipt(
  migration: { readonly name: string },
  ids: EventIds,
  warehouse: Pick<ReadPort, 'find'>,
  counting: Counting,
  { signal }: CallOptions = {},
): AsyncGenerator<readonly unknown[]> {
  const receipts = receiptsOf(migration)
  for await (const batch of ids) {
    signal?.throwIfAborted()
    const missing = new Map(batch.map((id) => [bytesToText(eventKey(id)), id]))
    const keys = batch.map((id) => [eventKey(id)])
    for (const row of await warehouse.find(receipts, keys, { signal })) {
      const receipt = receiptOf(row)
      if (counting.counts(receipt)) missing.delete(bytesToText(receipt.event))
    }
    if (missing.size > 0) yield [...missing.values()]
  }
}

/**
 * How many of these events have no receipt yet that counts for the present definition. Rejects with a ChangeoverError `UNREGISTERED` when
 * the definition was not applied to the warehouse, and as `find` does.
 *
 * @example
 * import { countWithoutReceipt, mongoEvents } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = await new MongoClient(process.env.MONGODB_URL!).connect()
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const ids = mongoEvents(client.db(), history).idsBetween(null, null)
 * console.log(`${await countWithoutReceipt(history, ids, warehouse)} events have not been applied.`)
 * await client.close()
 */
export async function countWithoutReceipt(
  migration: Migration,
  ids: EventIds,
  warehouse: LedgerPort,
  options: CallOptions = {},
): Promise<number> {
  const compiled = await compileRegistered(migration, warehouse, options)
  const counting = await countingOf(compiled, warehouse, options)
  let count = 0
  for await (const missing of idsWithoutReceipt(compiled, ids, warehouse, counting, options)) count += missing.length
  return count
}
