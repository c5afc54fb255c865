import type { Change, Difference } from '../compare/index.ts'
import type { Finding } from '../core/index.ts'
import type { ReportResult } from '../reconcile/index.ts'
import { count, quantity } from './quantity.ts'

const MAX_SHOWN = 10

/** A report's result in lines: the verdict, then the first differences. */
export function describeResult(result: ReportResult): string[] {
  const { name, verdict, rows, legacyRows, differing, legacyMs, warehouseMs } = result
  if (verdict === 'failed') return [`${name}: failed: ${result.error ?? ''}`]
  const sides = `${quantity(legacyRows, 'row')} before (${legacyMs} ms), ${count(rows.length)} after (${warehouseMs} ms)`
  if (verdict !== 'differ') return [`${name}: ${verdict}, ${sides}`]
  return [
    `${name}: differ in ${quantity(differing, 'row')}, ${sides}`,
    ...result.differences.slice(0, MAX_SHOWN).map((difference) => `  ${describeDifference(difference)}`),
    ...(differing > MAX_SHOWN ? [`  … and ${count(differing - MAX_SHOWN)} more`] : []),
  ]
}

/** A table's facts that have conflicting values, as one line. */
export function describeConflict({ evidence }: Finding): string {
  const { table, keys } = evidence
  return `${table}: ${quantity(Number(evidence['count']), 'fact has', 'facts have')} conflicting values; the later one wins: ${keys}`
}

function describeDifference(difference: Difference): string {
  const key = JSON.stringify(difference.key)
  switch (difference.kind) {
    case 'missing':
      return `${key} is missing from the warehouse; before: ${JSON.stringify(difference.legacy)}`
    case 'extra':
      return `${key} is only in the warehouse: ${JSON.stringify(difference.warehouse)}`
    case 'duplicate':
      return `${key} occurs more than once on the ${difference.side} side`
    case 'changed':
      return `${key}: ${Object.entries(difference.columns).map(describeChange).join('; ')}`
  }
}

function describeChange([column, { legacy, warehouse }]: [string, Change]): string {
  return `${column} was ${JSON.stringify(legacy)}, is ${JSON.stringify(warehouse)}`
}
