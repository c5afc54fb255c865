import { ChangeoverError } from '../../core/index.ts'
import type { Cell, Relation, Row } from '../../star/index.ts'
import { bind, type SqlValue } from '../sql.ts'
import { maxRowsOf } from './statement.ts'

/** The most bytes of values in one statement, however large a packet the server takes. */
const MAX_STATEMENT_BYTES = 4 * 2 ** 20
/** A statement has this part of the packet at most: its rows may be repeated, and their sizes are estimated. */
const PACKET_PARTS = 4
/** What a statement needs of a packet apart from its values, at least. */
const STATEMENT_BYTES = 1024
/** What a cell needs apart from its bytes: its type, its length and a part of the NULL bitmap. */
const CELL_BYTES = 12

/** Cuts sorted rows into one chunk per statement, by count and by bytes; `packetBytes` is the server's `max_allowed_packet`. */
export function chunks(relation: Relation, rows: readonly Row[], packetBytes: number): Row[][] {
  const mostBytes = Math.min(MAX_STATEMENT_BYTES, Math.floor(packetBytes / PACKET_PARTS))
  const most = maxRowsOf(relation, mostBytes)
  const result: Row[][] = []
  let current: Row[] = []
  let bytes = 0
  for (const row of rows) {
    const size = rowBytes(row)
    if (current.length > 0 && (current.length >= most || bytes + size > mostBytes)) {
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

/** Throws a ChangeoverError `VALUE` for a row that no statement can carry to the server. */
export function checkFits(relation: Relation, rows: readonly Row[], packetBytes: number): void {
  for (const row of rows) {
    // The estimate is never too small; the exact size takes longer to find.
    if (rowBytes(row) + STATEMENT_BYTES < packetBytes) continue
    const bytes = row.reduce<number>((sum, cell) => sum + exactBytesOf(cell), STATEMENT_BYTES)
    if (bytes < packetBytes) continue
    throw new ChangeoverError(
      'VALUE',
      `A row of ${relation.name} takes ${bytes} bytes, and the server takes packets of less than ${packetBytes} bytes.`,
      { remedy: 'Raise max_allowed_packet on the server, or keep less in the row.' },
    )
  }
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
  if (typeof cell === 'string') return cell.length * 3 + CELL_BYTES
  // A 64-bit integer is sent as text.
  return CELL_BYTES + (cell instanceof Uint8Array ? cell.length : 20)
}

function exactBytesOf(cell: Cell): number {
  return typeof cell === 'string' ? Buffer.byteLength(cell) + CELL_BYTES : bytesOf(cell)
}
