export { MAX_DIFFERENCES, reconcile } from './reconcile.ts'
export type { ReconcileOptions, ReportResult, Verdict } from './reconcile.ts'
