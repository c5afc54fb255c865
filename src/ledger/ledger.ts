import type { Relation } from '../star/index.ts'
import { quarantineOf } from './quarantine.ts'
import { receiptsOf } from './receipts.ts'
import { writtenTablesOf } from './written-tables.ts'

/** The internal tables that a migration's events write to, merged by the same statement as all others. */
export interface Ledger {
  readonly receipts: Relation
  readonly quarantine: Relation
  readonly writtenTables: Relation
}

export function ledgerOf(migration: { readonly name: string }): Ledger {
  return {
    receipts: receiptsOf(migration),
    quarantine: quarantineOf(migration),
    writtenTables: writtenTablesOf(migration),
  }
}
