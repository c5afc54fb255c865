import { hash } from 'node:crypto'
import type { Cell } from '../types/cell.ts'
import { doubleBits } from './double-text.ts'
import type { PhysicalColumn, Relation, Row } from './relation.ts'

/** The columns of a relation that a checksum covers, by index: all but the origin, which only says how the row arrived. */
export function comparedColumns(relation: Relation): number[] {
  return relation.columns.flatMap(({ role }, index) => (role === 'origin' ? [] : [index]))
}

/**
 * Cells as one text that no other cells have: each value preceded by its length in bytes, NULL as a word of its own.
 * `encodingSql` computes the same text in the warehouse.
 */
export function encodeCells(
  columns: readonly PhysicalColumn[],
  cells: readonly Cell[],
  textOfDouble: (value: number) => string = doubleBits,
): string {
  return cells.map((cell, i) => encodeCell(columns[i]!, cell, textOfDouble)).join('')
}

function encodeCell({ type }: PhysicalColumn, cell: Cell, textOfDouble: (value: number) => string): string {
  if (cell === null) return 'n'
  const text = canonicalText(type, cell, textOfDouble)
  return `${Buffer.byteLength(text)}:${text}`
}

function canonicalText(
  { canonical = 'text' }: PhysicalColumn['type'],
  cell: NonNullable<Cell>,
  textOfDouble: (value: number) => string,
): string {
  switch (canonical) {
    case 'text':
      return String(cell)
    case 'hex':
      return Buffer.from(cell as Uint8Array)
        .toString('hex')
        .toUpperCase()
    case 'digest':
      return hash('sha256', cell as string | Uint8Array)
    case 'double':
      return textOfDouble(cell as number)
  }
}

/** The sum of a set of rows: their number and the XOR of their digests. Two sets with equal sums are the same set. */
interface Sum {
  readonly rows: number
  /** 128 bits, in hexadecimal. */
  readonly digest: string
}

/** The sums of a table's rows by the first byte of their key's digest, as two hexadecimal digits. Empty buckets are left out. */
export type Buckets = ReadonlyMap<string, Sum>

/** The buckets of rows in memory: the pure twin of `bucketsSql`. */
export function bucketsOf(relation: Relation, rows: Iterable<Row>): Buckets {
  const compared = comparedColumns(relation)
  const columns = compared.map((index) => relation.columns[index]!)
  const sums = new Map<string, { rows: number; digest: bigint }>()
  for (const row of rows) {
    const key = hash('sha256', encodeCells(relation.columns, row.slice(0, relation.keyLength)))
    const whole = hash(
      'sha256',
      encodeCells(
        columns,
        compared.map((index) => row[index]!),
      ),
    )
    const bucket = key.slice(0, 2)
    const sum = sums.get(bucket) ?? { rows: 0, digest: 0n }
    sums.set(bucket, { rows: sum.rows + 1, digest: sum.digest ^ BigInt(`0x${whole.slice(0, 32)}`) })
  }
  return new Map(
    [...sums].map(([bucket, { rows: count, digest }]) => [bucket, { rows: count, digest: hex128(digest) }]),
  )
}

/** 128 bits as 32 hexadecimal digits. */
export function hex128(value: bigint): string {
  return value.toString(16).padStart(32, '0')
}

/** One checksum for a whole table: equal if and only if the buckets are. */
export function checksumOf(buckets: Buckets): string {
  const lines = [...buckets].map(([bucket, { rows, digest }]) => `${bucket} ${rows} ${digest}`)
  return hash('sha256', lines.toSorted().join('\n'))
}
