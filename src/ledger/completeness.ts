import { bytesToText } from '../core/index.ts'
import { eventKey } from '../event/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'
import { receiptsOf } from './receipts.ts'

/** The `_id`s of events, in batches of any size: what `EventSource.idsBetween` yields. */
export type EventIds = AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>

/**
 * The ids that have no receipt, in the batches in which they came; a batch of which nothing is missing is left out. This compares
 * sets, so it is right in whatever order ids were made and events were written.
 */
export async function* idsWithoutReceipt(
  migration: { readonly name: string },
  ids: EventIds,
  warehouse: Pick<ReadPort, 'find'>,
  { signal }: CallOptions = {},
): AsyncGenerator<readonly unknown[]> {
  const receipts = receiptsOf(migration)
  for await (const batch of ids) {
    signal?.throwIfAborted()
    const missing = new Map(batch.map((id) => [bytesToText(eventKey(id)), id]))
    const keys = batch.map((id) => [eventKey(id)])
    for (const [key] of await warehouse.find(receipts, keys, { signal })) missing.delete(bytesToText(key as Uint8Array))
    if (missing.size > 0) yield [...missing.values()]
  }
}

/**
 * How many of these events have no receipt yet.
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
  migration: { readonly name: string },
  ids: EventIds,
  warehouse: Pick<ReadPort, 'find'>,
  options: CallOptions = {},
): Promise<number> {
  let count = 0
  for await (const missing of idsWithoutReceipt(migration, ids, warehouse, options)) count += missing.length
  return count
}
