import { hash } from 'node:crypto'
import type { Cell } from '../types/cell.ts'
import { encodeCells } from './canonical.ts'
import { doubleDigits } from './double-text.ts'
import type { TableLayout } from './layout.ts'

/**
 * Whether two events wrote different contents under one key of a fact is a question about a *set* of writes, so it can be kept
 * in registers like everything else. Each create leaves a fingerprint of its content (48 bits), preceded by the mapping's
 * revision (8 bits), in two columns that merge by `max`: once as it is, once complemented. So one holds the greatest fingerprint
 * of the latest revision, and the other the smallest. All contents of that revision are equal if and only if the two are the same.
 * Different contents pass as equal with a probability of 2^-48; equal contents never pass as different.
 */
const BITS = 48n
export const FINGERPRINT_MASK: bigint = (1n << BITS) - 1n

/** Writes the fingerprint of the content into a row that a create has just written. It does not cover personal columns. */
export function writeFingerprint({ relation, content }: TableLayout, row: Cell[], revision: number): void {
  if (!content) return
  const columns = content.columns.map((index) => relation.columns[index]!)
  const digest = hash(
    'sha256',
    encodeCells(
      columns,
      content.columns.map((index) => row[index]!),
      doubleDigits,
    ),
  )
  const fingerprint = BigInt(`0x${digest.slice(0, Number(BITS) / 4)}`)
  const prefix = BigInt(revision) << BITS
  row[content.high] = prefix | fingerprint
  row[content.low] = prefix | (FINGERPRINT_MASK - fingerprint)
}

/** Whether the two fingerprints of a row show different contents. The SQL twin is `conflictSql`. */
export function isContested(high: bigint, low: bigint): boolean {
  return (high & FINGERPRINT_MASK) + (low & FINGERPRINT_MASK) !== FINGERPRINT_MASK
}
