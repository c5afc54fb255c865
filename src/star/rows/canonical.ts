import { hash } from 'node:crypto'
import { compareText, type Cell } from '../types/cell.ts'
import { doubleBits } from './double-text.ts'
import { FINGERPRINT_MASK } from './fingerprint.ts'
import { saysAnything, type PhysicalColumn, type Relation, type Row } from './relation.ts'
import { EVENT_BYTES } from './stamp.ts'

/**
 * The columns of a relation that a checksum covers, by index: the key, then the others in the order of their logical names, so that
 * neither the order nor the physical names of the columns matter. The origin is left out: it only says how the row arrived.
 */
export function comparedColumns({ columns, keyLength }: Relation): number[] {
  const nameOf = (index: number): string => columns[index]!.logicalName ?? columns[index]!.name
  const others = columns.flatMap(({ role }, index) => (index < keyLength || role === 'origin' ? [] : [index]))
  return [...Array(keyLength).keys(), ...others.toSorted((a, b) => compareText(nameOf(a), nameOf(b)))]
}

/**
 * Cells as one text that no other cells have: each value preceded by its length in bytes, NULL as a word of its own. Of stamps and
 * fingerprints, the generation is left out. `encodingSql` computes the same text in the warehouse.
 */
export function encodeCells(
  columns: readonly PhysicalColumn[],
  cells: readonly Cell[],
  textOfDouble: (value: number) => string = doubleBits,
): string {
  return cells.map((cell, i) => encodeCell(columns[i]!, cell, textOfDouble)).join('')
}

function encodeCell({ type, role }: PhysicalColumn, cell: Cell, textOfDouble: (value: number) => string): string {
  if (cell === null) return 'n'
  const text = canonicalText(type, withoutGeneration(role, cell), textOfDouble)
  return `${Buffer.byteLength(text)}:${text}`
}

function withoutGeneration(role: PhysicalColumn['role'], cell: NonNullable<Cell>): NonNullable<Cell> {
  if (role === 'stamp') return (cell as Uint8Array).subarray(0, EVENT_BYTES)
  return role === 'content' ? (cell as bigint) & FINGERPRINT_MASK : cell
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
    if (!saysAnything(relation, row)) continue
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
