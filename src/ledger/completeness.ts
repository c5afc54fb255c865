import { ledgerOf } from './tables.ts'
import { eventKey } from '../event/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { EventSource } from '../stream/index.ts'

const IDS_AT_ONCE = 1000

/**
 * The ids of events that are in the collection and have no receipt: a comparison of sets, which holds whatever the order in
 * which ids were made and events were written. Gives them in runs of at most 1000.
 */
export async function* withoutReceipt(
  migration: { readonly name: string },
  { collection, filter }: EventSource,
  warehouse: Warehouse,
  signal?: AbortSignal,
): AsyncGenerator<readonly unknown[]> {
  const { receipts } = ledgerOf(migration)
  const cursor = collection.find(filter, { projection: { _id: 1 }, batchSize: IDS_AT_ONCE })
  let ids: unknown[] = []
  const missing = async (): Promise<unknown[]> => {
    const keys = new Map(ids.map((id) => [hex(eventKey(id)), id]))
    // Always the same number of placeholders, so that one prepared statement serves.
    const values = Array.from({ length: IDS_AT_ONCE }, (_, i) => eventKey(ids[Math.min(i, ids.length - 1)]))
    const sql = `SELECT event_id FROM \`${receipts.name}\` WHERE event_id IN (${Array(IDS_AT_ONCE).fill('?').join(', ')})`
    for (const row of await warehouse.select(sql, values)) keys.delete(hex(row['event_id'] as Uint8Array))
    return [...keys.values()]
  }
  for await (const document of cursor) {
    signal?.throwIfAborted()
    ids.push(document['_id'])
    if (ids.length < IDS_AT_ONCE) continue
    const absent = await missing()
    if (absent.length > 0) yield absent
    ids = []
  }
  const absent = ids.length > 0 ? await missing() : []
  if (absent.length > 0) yield absent
}

/** How many events of the collection have no receipt yet. */
export async function countWithoutReceipt(
  migration: { readonly name: string },
  source: EventSource,
  warehouse: Warehouse,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const ids of withoutReceipt(migration, source, warehouse, signal)) count += ids.length
  return count
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
