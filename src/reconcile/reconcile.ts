import type { Db } from 'mongodb'
import { checkOptions, untilAborted, type OptionNames } from '../core/index.ts'
import { compareReports } from '../compare/index.ts'
import { mongoServerErrorOf } from '../stream/index.ts'
import type { LegacyContext, Report, ReportRow } from '../mapping/index.ts'
import { comparedResult, failedResult, type MeasuredRows, type ReportResult } from './result.ts'
import { serverErrorOf, type ReportPort } from '../warehouse/index.ts'

/** Options of {@link reconcile}. */
export interface ReconcileOptions {
  /** The database that the old reports read. */
  readonly mongo: Db
  readonly warehouse: ReportPort
  /**
   * Parameters by the name of the report. The report validates them when it has a schema.
   *
   * @defaultValue each report's own
   */
  readonly params?: Readonly<Record<string, unknown>>
  /** Stops the work at once, a statement that is running included. */
  readonly signal?: AbortSignal
}

const NAMES: OptionNames<ReconcileOptions> = { mongo: true, warehouse: true, params: true, signal: true }

/**
 * Runs each report on both sides, one report after another, and compares the rows. A report that throws, or whose parameters do not
 * fit its schema, gets the verdict `failed`, and the others are still compared. Rejects with a ChangeoverError `CONFIG` when an option is missing
 * or wrong, and with the signal's reason when it aborts.
 *
 * @example
 * import { reconcile } from 'changeover/reconcile'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { MongoClient } from 'mongodb'
 * import config from './changeover.config.ts'
 *
 * const client = await new MongoClient(process.env.MONGODB_URL!).connect()
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * for (const { name, verdict, differing } of await reconcile(config.reports, { mongo: client.db(), warehouse })) {
 *   console.log(`${name}: ${verdict}, ${differing} rows differ`)
 * }
 * await client.close()
 */
export async function reconcile(reports: readonly Report[], options: ReconcileOptions): Promise<ReportResult[]> {
  const check = checkOptions('reconcile')
  const { params = {}, signal = new AbortController().signal } = check.all(options, NAMES)
  const mongo = check.port('mongo', options.mongo, ['collection'])
  const warehouse = check.port('warehouse', options.warehouse, ['reader'])
  const results: ReportResult[] = []
  for (const report of reports) {
    signal.throwIfAborted()
    const comparing = reconcileReport(report, params[report.name], { mongo }, warehouse, signal)
    results.push(await untilAborted(comparing, signal))
  }
  return results
}

/** Runs and compares one report. Never rejects: what goes wrong is a result. */
async function reconcileReport<Params, Row extends ReportRow>(
  report: Report<Params, Row>,
  given: Params | undefined,
  context: LegacyContext,
  warehouse: ReportPort,
  signal: AbortSignal,
): Promise<ReportResult> {
  const { name, key } = report
  try {
    const params = await report.resolveParams(given)
    const legacy = await measured(() => legacyRows(report, params, context))
    signal.throwIfAborted()
    const replacement = await measured(() => warehouseRows(report, params, warehouse, signal))
    return comparedResult(name, legacy, replacement, compareReports(name, key, legacy.rows, replacement.rows))
  } catch (thrown) {
    return failedResult(name, thrown)
  }
}

async function legacyRows<Params, Row extends ReportRow>(
  report: Report<Params, Row>,
  params: Params,
  context: LegacyContext,
): Promise<readonly Row[]> {
  try {
    return await report.legacy(params, context)
  } catch (thrown) {
    throw mongoServerErrorOf(thrown, `the database ${context.mongo.databaseName}`) ?? thrown
  }
}

async function warehouseRows<Params, Row extends ReportRow>(
  report: Report<Params, Row>,
  params: Params,
  warehouse: ReportPort,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  try {
    return await report.warehouse(params, { reader: <Database>() => warehouse.reader<Database>({ signal }) })
  } catch (thrown) {
    throw serverErrorOf(thrown, warehouse.address) ?? thrown
  }
}

async function measured(read: () => Promise<readonly ReportRow[]>): Promise<MeasuredRows> {
  const start = performance.now()
  const rows = await read()
  return { rows, ms: Math.round(performance.now() - start) }
}
