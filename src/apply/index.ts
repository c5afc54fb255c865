export { createApplier } from './apply-batch.ts'
export type { Applied, Applier } from './apply-batch.ts'
export { ledgerOf, OUTCOME } from './ledger.ts'
export type { Ledger, Outcome } from './ledger.ts'
