import type { Db } from 'mongodb'
import type { Kysely } from 'kysely'
import { checkName, type AnyTable, type TypeError } from '../star/index.ts'
import type { WarehouseDatabase, WarehouseReader } from './database.ts'
import { validateParams } from './params.ts'
import { checkReport } from './report-checks.ts'
import { legacyRows, warehouseRows, type ReportRow, type RowSource } from './report-rows.ts'
import type { StandardSchema } from './schema.ts'

/** What the old side of a report works with. */
export interface LegacyContext {
  /** The database that the address names. */
  readonly mongo: Db
}

/** A report as the user writes it: the code that runs today, and the query that replaces it. */
export interface ReportSpec<
  Params,
  Tables extends Readonly<Record<string, AnyTable>>,
  Key extends string,
  OldRow extends ReportRow = ReportRow,
  NewRow extends ReportRow = ReportRow,
> {
  /** The columns that tell one row from another. Both sides have them. */
  readonly key: readonly CheckedColumn<Key, OldRow | NewRow>[]
  /** The tables it reads, so that `db` knows their columns. */
  readonly tables?: Tables
  /**
   * Validates the parameters, whether given or defaults, before either side sees them. A schema of any Standard Schema library; it may
   * transform them, and it may be asynchronous.
   *
   * @defaultValue none: parameters are taken as they are given
   */
  readonly schema?: StandardSchema<Params>
  /**
   * The parameters when none are given. With a schema they have the type of its output.
   *
   * @defaultValue an empty object
   */
  // `& {}` gives this a lower priority than the schema when Params is inferred, because defaults may have a wider type.
  readonly params?: Params & {}
  /** The old report. Keep its code as it is: it is the independent evidence. */
  readonly legacy: (params: Params, context: LegacyContext) => Promise<readonly OldRow[]> | readonly OldRow[]
  /** The new report, over the views of the warehouse. */
  readonly warehouse: (params: Params, db: Kysely<WarehouseDatabase<Tables>>) => RowSource<NewRow>
}

/**
 * The column when the rows of both sides have it, else a type that carries the sentence for the compiler. Rows whose type does not
 * name columns, and keys that are known only at run time, are checked at run time.
 */
type CheckedColumn<Key extends string, Row> = [Row] extends [never]
  ? Key
  : string extends Key
    ? Key
    : Key extends keyof Row
      ? Key
      : TypeError<`the rows of the two sides do not both have a column ${Key}`>

/**
 * A report: its definition, checked and frozen. Made by {@link report}. Its functions are methods, so that every report fits the plain
 * `Report`, whatever its parameters and rows.
 */
export interface Report<Params = unknown, Row extends ReportRow = ReportRow> {
  readonly name: string
  /** The columns that tell one row from another. */
  readonly key: readonly string[]
  /** The parameters when none are given, not yet validated. */
  readonly params: Params
  /**
   * The parameters that both sides take: those given, or the defaults, as the schema returns them. Rejects with a ChangeoverError
   * `CONFIG` that names the report and the paths that do not fit, and no values.
   */
  resolveParams(given?: Params): Promise<Params>
  /** The rows of the old report. Rejects with what the report's own code throws. */
  legacy(params: Params, context: LegacyContext): Promise<readonly Row[]>
  /** The rows of the new report. Rejects with what the report's own code, or the driver, throws. */
  warehouse(params: Params, warehouse: WarehouseReader): Promise<readonly Row[]>
}

const MAX_NAME = 60

/**
 * Defines a report. Its types are inferred: the parameters from `schema`, else from `params`; a row is what either side returns.
 * Throws a ChangeoverError `DEFINITION` when a part of it is wrong.
 *
 * @example
 * import { column, fact, report } from 'changeover'
 * import { revenueByDay } from './legacy-report.ts' // the code that runs today
 *
 * const order = fact('order', { key: { id: column.int() }, dimensions: { day: column.date() }, measures: { cents: column.int() } })
 * export const revenue = report('revenue_by_day', {
 *   key: ['day'],
 *   tables: { order },
 *   params: { since: '2024-01-01' },
 *   legacy: ({ since }, { mongo }) => revenueByDay(mongo, since),
 *   warehouse: ({ since }, db) =>
 *     db.selectFrom('order').where('day', '>=', since).groupBy('day').select(['day', (e) => e.fn.sum('cents').as('cents')]),
 * })
 */
export function report<
  const Key extends string,
  Params = Readonly<Record<string, never>>,
  Tables extends Readonly<Record<string, AnyTable>> = Readonly<Record<string, AnyTable>>,
  OldRow extends ReportRow = never,
  NewRow extends ReportRow = never,
>(name: string, spec: ReportSpec<Params, Tables, Key, OldRow, NewRow>): Report<Params, OldRow | NewRow> {
  checkName('The report name', name, MAX_NAME)
  checkReport(name, spec)
  const { key, schema, params = {} as Params, legacy, warehouse } = spec
  return Object.freeze<Report<Params, OldRow | NewRow>>({
    name,
    key: Object.freeze(key.map(String)),
    params,
    resolveParams: (given) => validateParams(name, schema, given ?? params),
    legacy: async (given, context) => legacyRows(name, await legacy(given, context)),
    warehouse: async (given, port) => warehouseRows(name, warehouse(given, port.reader())),
  })
}
