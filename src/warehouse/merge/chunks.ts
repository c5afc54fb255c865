import type { Cell, Relation, Row } from '../../star/index.ts'
import { bind, type SqlValue } from '../sql.ts'
import { maxRowsOf } from './statement.ts'

/** The most bytes of values in one statement: well below the smallest usual `max_allowed_packet` (16 MiB). */
const MAX_STATEMENT_BYTES = 4 * 2 ** 20

/** Cuts sorted rows into one chunk per statement, by count and by bytes. */
export function chunks(relation: Relation, rows: readonly Row[]): Row[][] {
  const most = maxRowsOf(relation)
  const result: Row[][] = []
  let current: Row[] = []
  let bytes = 0
  for (const row of rows) {
    const size = rowBytes(row)
    if (current.length > 0 && (current.length >= most || bytes + size > MAX_STATEMENT_BYTES)) {
      result.push(current)
      current = []
      bytes = 0
    }
    current.push(row)
    bytes += size
  }
  if (current.length > 0) result.push(current)
  return result
}

/**
 * How many rows the statement for a chunk has: a power of two, so that a few statements serve every batch size. The merge is
 * idempotent, so the places that the chunk leaves are filled with a row of it.
 */
export function shapeOf(chunk: readonly Row[]): number {
  return 2 ** Math.ceil(Math.log2(chunk.length))
}

/** The values of a statement of `shape` rows: the rows, and the smallest of them repeated at its place until the shape is full. */
export function paramsOf(rows: readonly Row[], shape: number): SqlValue[] {
  const params: SqlValue[] = []
  const sizes = rows.map(rowBytes)
  const smallest = sizes.indexOf(Math.min(...sizes))
  for (const [i, row] of rows.entries()) {
    const times = i === smallest ? 1 + shape - rows.length : 1
    for (let time = 0; time < times; time++) for (const cell of row) params.push(bind(cell))
  }
  return params
}

function rowBytes(row: Row): number {
  return row.reduce<number>((sum, cell) => sum + bytesOf(cell), 0)
}

function bytesOf(cell: Cell): number {
  if (typeof cell === 'string') return cell.length * 3
  return cell instanceof Uint8Array ? cell.length : 8
}
