export { MAX_DIFFERENCES, reconcile } from '../reconcile/index.ts'
export type { ReconcileOptions, ReportResult, Verdict } from '../reconcile/index.ts'
export { FLOAT_TOLERANCE, MAX_REPORT_ROWS, compareReports, sameValue } from '../compare/index.ts'
export type { Change, Difference } from '../compare/index.ts'
