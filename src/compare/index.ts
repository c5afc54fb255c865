export type { Change, Difference } from './difference.ts'
export { compareReports, MAX_REPORT_ROWS } from './rows.ts'
export { FLOAT_TOLERANCE, sameValue } from './values.ts'
