import { ChangeoverError } from '../core/index.ts'
import type { ReportRow } from '../mapping/index.ts'
import { keyPart, sameValue } from './values.ts'

/** A row on which the two sides do not agree. */
export type Difference =
  /** The old report has it, the new one does not. */
  | { readonly kind: 'missing'; readonly key: ReportRow; readonly legacy: ReportRow }
  /** The new report has it, the old one does not. */
  | { readonly kind: 'extra'; readonly key: ReportRow; readonly warehouse: ReportRow }
  /** Both have it, with other values in these columns. */
  | { readonly kind: 'changed'; readonly key: ReportRow; readonly columns: Readonly<Record<string, Change>> }
  /** One side has the key more than once, so its rows cannot be told apart. */
  | { readonly kind: 'duplicate'; readonly key: ReportRow; readonly side: 'legacy' | 'warehouse' }

export interface Change {
  readonly legacy: unknown
  readonly warehouse: unknown
}

/** The most rows of a report that are compared. */
export const MAX_REPORT_ROWS = 1_000_000

/**
 * Compares two reports row by row, joined by key, in time and memory linear in their rows. Row order does not count. Throws a
 * ChangeoverError `DEFINITION` when a row lacks a key column, `TOO_LARGE` beyond {@link MAX_REPORT_ROWS}.
 */
export function compareReports(
  name: string,
  key: readonly string[],
  legacy: readonly ReportRow[],
  warehouse: readonly ReportRow[],
): Difference[] {
  const differences: Difference[] = []
  const left = indexRows(name, key, 'legacy', legacy, differences)
  const right = indexRows(name, key, 'warehouse', warehouse, differences)
  for (const [text, row] of left) {
    const other = right.get(text)
    if (!other) {
      differences.push({ kind: 'missing', key: pick(row, key), legacy: row })
      continue
    }
    const columns = changes(row, other)
    if (Object.keys(columns).length > 0) differences.push({ kind: 'changed', key: pick(row, key), columns })
  }
  for (const [text, row] of right) {
    if (!left.has(text)) differences.push({ kind: 'extra', key: pick(row, key), warehouse: row })
  }
  return differences
}

function indexRows(
  name: string,
  key: readonly string[],
  side: 'legacy' | 'warehouse',
  rows: readonly ReportRow[],
  differences: Difference[],
): Map<string, ReportRow> {
  if (rows.length > MAX_REPORT_ROWS) {
    throw new ChangeoverError('TOO_LARGE', `The report ${name} has ${rows.length} rows on the ${side} side.`, {
      remedy: `Narrow its parameters; up to ${MAX_REPORT_ROWS} rows are compared.`,
    })
  }
  const index = new Map<string, ReportRow>()
  for (const row of rows) {
    const absent = key.find((column) => !(column in row))
    if (absent !== undefined) {
      throw new ChangeoverError(
        'DEFINITION',
        `The report ${name} has rows without its key column ${absent} on the ${side} side.`,
        {
          remedy: `Give each row a ${absent}, or change the key of the report.`,
        },
      )
    }
    // Every part goes behind its length, so that no two keys meet.
    const text = key
      .map((column) => keyPart(row[column]))
      .map((part) => `${part.length}:${part}`)
      .join('')
    if (index.has(text)) differences.push({ kind: 'duplicate', key: pick(row, key), side })
    else index.set(text, row)
  }
  return index
}

function changes(legacy: ReportRow, warehouse: ReportRow): Record<string, Change> {
  const columns: Record<string, Change> = {}
  for (const column of new Set([...Object.keys(legacy), ...Object.keys(warehouse)])) {
    if (sameValue(legacy[column], warehouse[column])) continue
    columns[column] = { legacy: legacy[column], warehouse: warehouse[column] }
  }
  return columns
}

function pick(row: ReportRow, columns: readonly string[]): ReportRow {
  return Object.fromEntries(columns.map((column) => [column, row[column]]))
}
