export { compareReports, MAX_REPORT_ROWS } from './rows.ts'
export type { Change, Difference } from './rows.ts'
export { FLOAT_TOLERANCE, sameValue } from './values.ts'
