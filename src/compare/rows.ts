import { ChangeoverError } from '../core/index.ts'
import type { Change, Difference, RowValues, Side } from './difference.ts'
import { keyPart, sameValue } from './values.ts'

/** The most rows of a report that are compared. */
export const MAX_REPORT_ROWS = 1_000_000

/**
 * Compares the two sides of a report row by row, joined by key, in time and memory linear in their rows. The order of rows does not
 * count, and values are compared by {@link sameValue}. Throws a ChangeoverError: `DEFINITION` when a row has no value for a key
 * column, `TOO_LARGE` when a side has more than {@link MAX_REPORT_ROWS} rows.
 *
 * @param name the report, for error messages
 * @param key the columns that tell one row from another
 *
 * @example
 * import { compareReports } from 'changeover/reconcile'
 *
 * console.log(compareReports('revenue', ['day'], [{ day: '2024-02-29', cents: 7 }], [{ day: '2024-02-29', cents: 8 }]))
 * // [{ kind: 'changed', key: { day: '2024-02-29' }, columns: { cents: { legacy: 7, warehouse: 8 } } }]
 */
export function compareReports(
  name: string,
  key: readonly string[],
  legacy: readonly RowValues[],
  warehouse: readonly RowValues[],
): Difference[] {
  const oldSide = indexRows(name, key, 'legacy', legacy)
  const newSide = indexRows(name, key, 'warehouse', warehouse)
  return [...oldSide.duplicates, ...newSide.duplicates, ...compareIndexed(key, oldSide.rows, newSide.rows)]
}

function compareIndexed(
  key: readonly string[],
  legacy: ReadonlyMap<string, RowValues>,
  warehouse: ReadonlyMap<string, RowValues>,
): Difference[] {
  const differences: Difference[] = []
  for (const [text, row] of legacy) {
    const other = warehouse.get(text)
    if (!other) {
      differences.push({ kind: 'missing', key: pick(row, key), legacy: row })
      continue
    }
    const columns = changes(row, other)
    if (Object.keys(columns).length > 0) differences.push({ kind: 'changed', key: pick(row, key), columns })
  }
  for (const [text, row] of warehouse) {
    if (!legacy.has(text)) differences.push({ kind: 'extra', key: pick(row, key), warehouse: row })
  }
  return differences
}

/** The rows of one side by their key; of several with one key, the first. */
function indexRows(
  name: string,
  key: readonly string[],
  side: Side,
  rows: readonly RowValues[],
): { readonly rows: ReadonlyMap<string, RowValues>; readonly duplicates: readonly Difference[] } {
  if (rows.length > MAX_REPORT_ROWS) {
    throw new ChangeoverError('TOO_LARGE', `The report ${name} has ${rows.length} rows on the ${side} side.`, {
      remedy: `Narrow its parameters; at most ${MAX_REPORT_ROWS} rows are compared.`,
    })
  }
  const index = new Map<string, RowValues>()
  const duplicates: Difference[] = []
  for (const row of rows) {
    const missing = key.find((column) => !(column in row))
    if (missing !== undefined) {
      const what = `The report ${name} has rows without its key column ${missing} on the ${side} side.`
      throw new ChangeoverError('DEFINITION', what, {
        remedy: `Give each row a ${missing}, or change the key of the report.`,
      })
    }
    const text = rowKey(row, key)
    if (index.has(text)) duplicates.push({ kind: 'duplicate', key: pick(row, key), side })
    else index.set(text, row)
  }
  return { rows: index, duplicates }
}

/** The key of a row as one text. Each part follows its length, so that different keys never have the same text. */
function rowKey(row: RowValues, key: readonly string[]): string {
  return key
    .map((column) => keyPart(row[column]))
    .map((part) => `${part.length}:${part}`)
    .join('')
}

function changes(legacy: RowValues, warehouse: RowValues): Record<string, Change> {
  const columns: Record<string, Change> = {}
  for (const column of new Set([...Object.keys(legacy), ...Object.keys(warehouse)])) {
    if (sameValue(legacy[column], warehouse[column])) continue
    columns[column] = { legacy: legacy[column], warehouse: warehouse[column] }
  }
  return columns
}

function pick(row: RowValues, columns: readonly string[]): RowValues {
  return Object.fromEntries(columns.map((column) => [column, row[column]]))
}
