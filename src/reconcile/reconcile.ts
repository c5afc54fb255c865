import type { Db } from 'mongodb'
import { ChangeoverError, messageOf } from '../core/index.ts'
import type { Report, ReportRow, RowSource } from '../mapping/index.ts'
import { serverErrorOf, type ReportPort } from '../warehouse/index.ts'
import { compareReports, type Difference } from '../compare/index.ts'

/** What came of comparing one report: the sides agree, they differ, or one of them could not be computed. */
export type Verdict = 'agree' | 'differ' | 'failed'

export interface ReportResult {
  readonly name: string
  readonly verdict: Verdict
  /** The new report. */
  readonly rows: readonly ReportRow[]
  readonly legacyRows: number
  /** All differences are counted; the first {@link MAX_DIFFERENCES} are given. */
  readonly differing: number
  readonly differences: readonly Difference[]
  /** How long each side took, in milliseconds. */
  readonly legacyMs: number
  readonly warehouseMs: number
  /** Why it failed. */
  readonly error?: string
}

/** How many differences of a report are given in full. */
export const MAX_DIFFERENCES = 100

export interface ReconcileOptions {
  /** The database that the old reports read. */
  readonly mongo: Db
  readonly warehouse: ReportPort
  /** Parameters by report; a report that has none here gets its own. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

/**
 * Runs each report on both sides and compares them row by row. A report whose code throws is a verdict, `failed`, not a
 * rejection. Rejects with the signal's reason when that aborts between reports.
 */
export async function reconcile(reports: readonly Report[], options: ReconcileOptions): Promise<ReportResult[]> {
  const results: ReportResult[] = []
  for (const report of reports) {
    options.signal?.throwIfAborted()
    results.push(await reconcileOne(report, options))
  }
  return results
}

async function reconcileOne(report: Report, { mongo, warehouse, params }: ReconcileOptions): Promise<ReportResult> {
  const { name, key } = report
  const given = (params?.[name] ?? report.params) as never
  const nothing = { name, rows: [], legacyRows: 0, differing: 0, differences: [], legacyMs: 0, warehouseMs: 0 }
  try {
    const [legacy, legacyMs] = await timed(async () => report.legacy(given, { mongo }))
    const [rows, warehouseMs] = await timed(() => newRows(report, given, warehouse))
    const differences = compareReports(name, key, legacy, rows)
    return {
      name,
      verdict: differences.length === 0 ? 'agree' : 'differ',
      rows,
      legacyRows: legacy.length,
      differing: differences.length,
      differences: differences.slice(0, MAX_DIFFERENCES),
      legacyMs,
      warehouseMs,
    }
  } catch (thrown) {
    const remedy = thrown instanceof ChangeoverError && thrown.remedy ? ` ${thrown.remedy}` : ''
    return { ...nothing, verdict: 'failed', error: messageOf(thrown) + remedy }
  }
}

async function newRows(report: Report, params: never, warehouse: ReportPort): Promise<readonly ReportRow[]> {
  try {
    return await rowsOf(report.warehouse(params, warehouse.reader() as never))
  } catch (thrown) {
    throw serverErrorOf(thrown, warehouse.address) ?? thrown
  }
}

async function rowsOf(source: RowSource): Promise<readonly ReportRow[]> {
  return 'execute' in source ? source.execute() : source
}

async function timed<T>(task: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now()
  const result = await task()
  return [result, Math.round(performance.now() - start)]
}
