import { hash } from 'node:crypto'
import type { Cell } from '../types/cell.ts'
import { encodeCells } from './canonical.ts'
import { doubleDigits } from './double-text.ts'
import { FINGERPRINT_BITS, FINGERPRINT_MASK } from './fingerprint.ts'
import type { TableLayout } from './layout.ts'

/** Writes the fingerprint of the content into a row that a create has just written. It does not cover personal columns. */
export function writeFingerprint({ relation, content }: TableLayout, row: Cell[], generation: number): void {
  if (!content) return
  const columns = content.columns.map((index) => relation.columns[index]!)
  const cells = encodeCells(
    columns,
    content.columns.map((index) => row[index]!),
    doubleDigits,
  )
  const digest = hash('sha256', content.names + cells)
  const fingerprint = BigInt(`0x${digest.slice(0, Number(FINGERPRINT_BITS) / 4)}`)
  const prefix = BigInt(generation) << FINGERPRINT_BITS
  row[content.high] = prefix | fingerprint
  row[content.low] = prefix | (FINGERPRINT_MASK - fingerprint)
}

/** Whether the two fingerprints of a row show different contents. The SQL twin is `conflictSql`. */
export function isContested(high: bigint, low: bigint): boolean {
  return (high & FINGERPRINT_MASK) + (low & FINGERPRINT_MASK) !== FINGERPRINT_MASK
}
