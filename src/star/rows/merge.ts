import { bytesToText } from '../../core/index.ts'
import { compareBytes, type Cell } from '../types/cell.ts'
import type { Merge } from './layout.ts'
import type { Relation, Row } from './relation.ts'

/**
 * The join of two rows of one key: the pure twin of the merge statement. Used to merge a batch before it reaches the
 * warehouse, and to compute what a row should hold.
 *
 * Sources: Shapiro, Preguiça, Baquero, Zawirski, "Conflict-free Replicated Data Types" (2011), state-based objects;
 * Hellerstein and Alvaro, "Keeping CALM" (2020).
 */
export function mergeRows(relation: Relation, a: Row, b: Row): Row {
  const merged: Cell[] = a.slice()
  for (const register of relation.registers) {
    if (register.merge === 'stamped') {
      const { stamp, columns } = register
      if (compareBytes(b[stamp] as Uint8Array, a[stamp] as Uint8Array) <= 0) continue
      merged[stamp] = b[stamp]!
      for (const column of columns) merged[column] = b[column]!
    } else {
      const { column, merge } = register
      merged[column] = mergeValues(merge, relation.columns[column]!.type.order, a[column]!, b[column]!)
    }
  }
  return merged
}

/** The join of two values of a register without a stamp; NULL means that nothing was written yet. */
export function mergeValues(
  merge: 'min' | 'max' | 'bits',
  order: (a: NonNullable<Cell>, b: NonNullable<Cell>) => number,
  a: Cell,
  b: Cell,
): Cell {
  if (a === null || b === null) return a ?? b
  if (merge === 'bits') return (a as number) | (b as number)
  return order(b, a) < 0 === (merge === 'min') ? b : a
}

/** Rows merged per key and sorted by key, ready for one statement. The order keeps concurrent statements from deadlocking. */
export function mergeBatch(relation: Relation, rows: Iterable<Row>): Row[] {
  const byKey = new Map<string, Row>()
  for (const row of rows) {
    const key = keyText(relation, row)
    const seen = byKey.get(key)
    byKey.set(key, seen === undefined ? row : mergeRows(relation, seen, row))
  }
  return [...byKey.values()].toSorted((a, b) => compareKeys(relation, a, b))
}

/** The key of a row as one string: distinct keys have distinct strings. */
export function keyText(relation: Relation, row: Row): string {
  let text = ''
  for (let i = 0; i < relation.keyLength; i++) {
    const cell = row[i]!
    const part = cell instanceof Uint8Array ? bytesToText(cell) : String(cell)
    if (relation.keyLength === 1) return part
    text += `${part.length}:${part}`
  }
  return text
}

/** Orders rows as the primary key does. */
export function compareKeys(relation: Relation, a: Row, b: Row): number {
  for (let i = 0; i < relation.keyLength; i++) {
    const order = relation.columns[i]!.type.order(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return 0
}

/** How the values of a column without a stamp merge. Booleans are stored as 0 and 1. */
export function valueMerge(merge: Merge): 'min' | 'max' {
  return merge === 'min' || merge === 'all' ? 'min' : 'max'
}
