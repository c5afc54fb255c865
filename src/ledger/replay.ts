import type { Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'
import { readCounting } from './counting.ts'
import type { Generation } from './generations.ts'
import { receiptsOf, receiptStateOf, RECEIPT_TYPE_AND_STATE } from './receipts.ts'

/** How many receipts a migration has, and whether they count under a generation. */
export interface ReceiptCounts {
  /** Events that were applied or ignored, and need not be again. */
  readonly counting: number
  /** Events that an earlier definition has dealt with, and that are to be replayed. */
  readonly stale: number
  /** Events in quarantine, those included that are to be replayed. */
  readonly quarantined: number
}

/** Counts the receipts of a migration. Reads all of them. */
export async function countReceipts(
  migration: Pick<Migration, 'name'>,
  generation: Pick<Generation, 'number' | 'counting'>,
  warehouse: Pick<ReadPort, 'scan' | 'countBy'>,
  options: CallOptions = {},
): Promise<ReceiptCounts> {
  const counting = await readCounting(migration, generation, warehouse, options)
  const sum = { counting: 0, stale: 0, quarantined: 0 }
  for (const { cells, rows } of await warehouse.countBy(receiptsOf(migration), RECEIPT_TYPE_AND_STATE, options)) {
    const state = receiptStateOf(cells)
    if (state.outcome === 'quarantined') sum.quarantined += rows
    if (!counting.counts(state)) sum.stale += rows
    else if (state.outcome !== 'quarantined') sum.counting += rows
  }
  return sum
}
