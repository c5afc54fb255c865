import { eventKey } from '../event/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'
import { receiptsOf } from './receipts.ts'

/** The `_id`s of events, in groups of any size: as `EventSource.idsBetween` gives them. */
export type EventIds = AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>

/**
 * The ids that have no receipt, in groups as they were given; groups of which nothing is missing are left out. A comparison of
 * sets, which is right whatever the order in which ids were made and events were written.
 */
export async function* idsWithoutReceipt(
  migration: { readonly name: string },
  ids: EventIds,
  warehouse: Pick<ReadPort, 'find'>,
  { signal }: CallOptions = {},
): AsyncGenerator<readonly unknown[]> {
  const receipts = receiptsOf(migration)
  for await (const group of ids) {
    signal?.throwIfAborted()
    const missing = new Map(group.map((id) => [hex(eventKey(id)), id]))
    const keys = group.map((id) => [eventKey(id)])
    for (const [key] of await warehouse.find(receipts, keys, { signal })) missing.delete(hex(key as Uint8Array))
    if (missing.size > 0) yield [...missing.values()]
  }
}

/**
 * How many of these events have no receipt yet.
 *
 * @example
 * const missing = await countWithoutReceipt(history, mongoEvents(db, history).idsBetween(null, null), warehouse)
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
