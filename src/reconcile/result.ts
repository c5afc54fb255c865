import { messageAndRemedyOf, type Verdict } from '../core/index.ts'
import type { Difference } from '../compare/index.ts'
import type { ReportRow } from '../mapping/index.ts'

/** The result of comparing one report. */
export interface ReportResult {
  readonly name: string
  /** `agree`, `differ`, or `failed` when a side or the comparison could not be computed. */
  readonly verdict: Verdict
  /** The rows of the new report. */
  readonly rows: readonly ReportRow[]
  readonly legacyRows: number
  /** How many differences there are; the first {@link MAX_DIFFERENCES} are in `differences`. */
  readonly differing: number
  readonly differences: readonly Difference[]
  /** How long each side took, in milliseconds. */
  readonly legacyMs: number
  readonly warehouseMs: number
  /** Why it failed. */
  readonly error?: string
}

/** How many differences of a report are listed. */
export const MAX_DIFFERENCES = 100

/** The rows of one side, and how long they took. */
export interface MeasuredRows {
  readonly rows: readonly ReportRow[]
  readonly ms: number
}

/** The result of a report whose sides were compared. */
export function comparedResult(
  name: string,
  legacy: MeasuredRows,
  warehouse: MeasuredRows,
  differences: readonly Difference[],
): ReportResult {
  return {
    name,
    verdict: differences.length === 0 ? 'agree' : 'differ',
    rows: warehouse.rows,
    legacyRows: legacy.rows.length,
    differing: differences.length,
    differences: differences.slice(0, MAX_DIFFERENCES),
    legacyMs: legacy.ms,
    warehouseMs: warehouse.ms,
  }
}

/** The result of a report that could not be compared, with the reason. */
export function failedResult(name: string, thrown: unknown): ReportResult {
  return {
    name,
    verdict: 'failed',
    rows: [],
    legacyRows: 0,
    differing: 0,
    differences: [],
    legacyMs: 0,
    warehouseMs: 0,
    error: messageAndRemedyOf(thrown),
  }
}
