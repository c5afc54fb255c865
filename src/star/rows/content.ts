import { hash } from 'node:crypto'
import { encodeCells } from './canonical.ts'
import type { Cell } from '../types/cell.ts'
import type { Lowered } from '../define/layout.ts'

/**
 * Whether two events wrote different contents under one key of a fact is a question about a *set* of writes, so it can be kept
 * in registers like everything else. Each create leaves a fingerprint of its content (48 bits), behind the mapping's revision (8
 * bits), in two columns that merge by `max`: once as it is, once complemented. So one holds the greatest fingerprint of the latest
 * revision, the other the smallest. All contents of that revision are equal when, and only when, the two meet. A false "equal" has
 * a chance of 2^-48; a false "different" none.
 */
const BITS = 48n
export const FINGERPRINT_MASK: bigint = (1n << BITS) - 1n

/** Leaves the fingerprint of the content in a row that a create has just written. Personal columns have no part in it. */
export function writeFingerprint({ relation, content }: Lowered, row: Cell[], revision: number): void {
  if (!content) return
  const columns = content.columns.map((index) => relation.columns[index]!)
  const digest = hash(
    'sha256',
    encodeCells(
      columns,
      content.columns.map((index) => row[index]!),
    ),
  )
  const fingerprint = BigInt(`0x${digest.slice(0, Number(BITS) / 4)}`)
  const behind = BigInt(revision) << BITS
  row[content.high] = behind | fingerprint
  row[content.low] = behind | (FINGERPRINT_MASK - fingerprint)
}

/** Whether the two registers of a row tell of different contents. The SQL twin is `conflictSql`. */
export function isContested(high: bigint, low: bigint): boolean {
  return (high & FINGERPRINT_MASK) + (low & FINGERPRINT_MASK) !== FINGERPRINT_MASK
}
