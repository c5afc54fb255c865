import { ledgerOf } from './tables.ts'
import { eventKey } from '../event/index.ts'
import type { Warehouse } from '../warehouse/index.ts'

const IDS_AT_ONCE = 1000

/**
 * Which of these ids have no receipt: a comparison of sets, which holds whatever the order in which ids were made and events were
 * written. Gives them in runs of at most 1000.
 */
export async function* withoutReceipt(
  migration: { readonly name: string },
  ids: AsyncIterable<readonly unknown[]>,
  warehouse: Warehouse,
  signal?: AbortSignal,
): AsyncGenerator<readonly unknown[]> {
  const { receipts } = ledgerOf(migration)
  const missing = async (some: readonly unknown[]): Promise<unknown[]> => {
    const keys = new Map(some.map((id) => [hex(eventKey(id)), id]))
    // Always the same number of placeholders, so that one prepared statement serves.
    const values = Array.from({ length: IDS_AT_ONCE }, (_, i) => eventKey(some[Math.min(i, some.length - 1)]))
    const sql = `SELECT event_id FROM \`${receipts.name}\` WHERE event_id IN (${Array(IDS_AT_ONCE).fill('?').join(', ')})`
    for (const row of await warehouse.select(sql, values)) keys.delete(hex(row['event_id'] as Uint8Array))
    return [...keys.values()]
  }
  for await (const run of ids) {
    for (let at = 0; at < run.length; at += IDS_AT_ONCE) {
      signal?.throwIfAborted()
      const absent = await missing(run.slice(at, at + IDS_AT_ONCE))
      if (absent.length > 0) yield absent
    }
  }
}

/** How many of these ids have no receipt yet. */
export async function countWithoutReceipt(
  migration: { readonly name: string },
  ids: AsyncIterable<readonly unknown[]>,
  warehouse: Warehouse,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const absent of withoutReceipt(migration, ids, warehouse, signal)) count += absent.length
  return count
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
