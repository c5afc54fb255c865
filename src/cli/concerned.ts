import type { DefinitionChange } from '../ledger/index.ts'
import type { Report } from '../mapping/index.ts'
import type { AnyTable } from '../star/index.ts'
import { viewNamesOf } from '../star/index.ts'
import { namesRead, type ReportReads } from '../warehouse/index.ts'

/** The names in the queries of each report, by the report's name. */
export async function readsOf(reports: readonly Report[]): Promise<ReadonlyMap<string, ReportReads>> {
  const reads = new Map<string, ReportReads>()
  for (const report of reports) {
    const read = namesRead(async (warehouse) => report.warehouse(await report.resolveParams(), warehouse))
    reads.set(report.name, await read)
  }
  return reads
}

/** The names of the reports that read the table or the column of a change, judged by the names in their queries. */
export function concernedReports(
  { table: name, column }: DefinitionChange,
  tables: readonly AnyTable[],
  reads: ReadonlyMap<string, ReportReads>,
): string[] {
  const table = tables.find((each) => each.name === name)
  if (table === undefined) return []
  const views = Object.values(viewNamesOf(table))
  return [...reads].flatMap(([report, { names, selectsAll }]) => {
    const readsTable = views.some((view) => names.has(view))
    return readsTable && (column === undefined || selectsAll || names.has(column)) ? [report] : []
  })
}
