import { ChangeoverError } from '../core/index.ts'
import { tablesOf, type Report } from '../mapping/index.ts'
import type { Difference } from '../compare/index.ts'
import { reconcile, type ReportResult } from '../reconcile/index.ts'
import type { Conflicts } from '../warehouse/index.ts'
import type { Context } from './context.ts'
import { count } from './progress.ts'

const SHOWN = 10

export async function reconcileCommand(
  context: Context,
  { report: names }: { readonly report?: readonly string[] },
): Promise<number> {
  const config = await context.config()
  const reports = chosen(config.reports, names)
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const mongo = (await context.mongo()).db()
  const results = await reconcile(reports, { mongo, warehouse, signal: context.signal })
  const hasFailed = results.some(({ verdict }) => verdict === 'failed')
  const conflicts = hasFailed ? [] : await warehouse.conflicts(tablesOf(config.migrations))
  context.print({ reports: Object.fromEntries(results.map((result) => [result.name, result])), conflicts }, [
    ...results.flatMap(describeResult),
    ...conflicts.map(describeConflicts),
  ])
  if (hasFailed) return 2
  return results.some(({ verdict }) => verdict === 'differ') ? 1 : 0
}

function chosen(reports: readonly Report[], names: readonly string[] | undefined): readonly Report[] {
  const known = reports.map(({ name }) => name).join(', ')
  if (reports.length === 0) {
    throw new ChangeoverError('CONFIG', 'The config has no reports, so there is nothing to compare.', {
      remedy: 'Define one with report(…) and list it under reports.',
    })
  }
  if (!names) return reports
  return names.map((name) => {
    const found = reports.find((report) => report.name === name)
    if (found) return found
    throw new ChangeoverError('CONFIG', `The config has no report named ${name}.`, { remedy: `It has ${known}.` })
  })
}

function describeConflicts({ table, count: contested, keys }: Conflicts): string {
  const first = keys.slice(0, SHOWN).map((key) => JSON.stringify(key))
  return `${table}: ${count(contested)} facts were given two contents, and the later counts: ${first.join(', ')}`
}

/** A report's result in lines: the verdict, then the first differences. */
export function describeResult(result: ReportResult): string[] {
  const { name, verdict, rows, legacyRows, differing, legacyMs, warehouseMs } = result
  if (verdict === 'failed') return [`${name}: failed: ${result.error ?? ''}`]
  const sides = `${count(legacyRows)} rows before (${legacyMs} ms), ${count(rows.length)} after (${warehouseMs} ms)`
  if (verdict === 'agree') return [`${name}: agree, ${sides}`]
  return [
    `${name}: differ in ${count(differing)} rows, ${sides}`,
    ...result.differences.slice(0, SHOWN).map((difference) => `  ${describeDifference(difference)}`),
    ...(differing > SHOWN ? [`  … and ${count(differing - SHOWN)} more`] : []),
  ]
}

function describeDifference(difference: Difference): string {
  const key = JSON.stringify(difference.key)
  switch (difference.kind) {
    case 'missing':
      return `${key} is missing from the warehouse; before: ${JSON.stringify(difference.legacy)}`
    case 'extra':
      return `${key} is in the warehouse only: ${JSON.stringify(difference.warehouse)}`
    case 'duplicate':
      return `${key} stands more than once on the ${difference.side} side`
    case 'changed': {
      const columns = Object.entries(difference.columns).map(
        ([column, { legacy, warehouse }]) => `${column} was ${JSON.stringify(legacy)}, is ${JSON.stringify(warehouse)}`,
      )
      return `${key}: ${columns.join('; ')}`
    }
  }
}
