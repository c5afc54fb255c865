import type { Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'
import { Counting } from './counting.ts'
import type { Generation } from './generations.ts'
import { receiptsOf, receiptStateOf, RECEIPT_TYPE_AND_STATE } from './receipts.ts'
import { readWrittenTables } from './written-tables.ts'

/** How many receipts a migration has, and whether they count under a generation. */
export interface ReceiptCounts {
  /** Receipts that count, those of quarantined events included. */
  readonly counting: number
  /** Receipts of an earlier definition: their events are to be replayed. */
  readonly stale: number
  /** Of all receipts, those of quarantined events. */
  readonly quarantined: number
}

/** Counts the receipts of a migration. Reads all of them. */
export async function countReceipts(
  migration: Pick<Migration, 'name'>,
  generation: Pick<Generation, 'number' | 'counting'>,
  warehouse: Pick<ReadPort, 'scan' | 'countBy'>,
  options: CallOptions = {},
): Promise<ReceiptCounts> {
  const counting = new Counting(generation, await readWrittenTables(migration, warehouse, options))
  const sum = { counting: 0, stale: 0, quarantined: 0 }
  for (const { cells, rows } of await warehouse.countBy(receiptsOf(migration), RECEIPT_TYPE_AND_STATE, options)) {
    const state = receiptStateOf(cells)
    if (counting.counts(state)) sum.counting += rows
    else sum.stale += rows
    if (state.outcome === 'quarantined') sum.quarantined += rows
  }
  return sum
}
