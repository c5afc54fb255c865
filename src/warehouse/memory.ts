import { type Buckets, bucketsOf, keyText, mergeRows, type Relation, type Row } from '../star/index.ts'
import type { MergeTarget } from './port.ts'

/** A warehouse in memory, by the pure merge: for tests of a mapping, and to compute what a real one should hold. */
export interface MemoryWarehouse extends MergeTarget {
  rows(relation: Relation): readonly Row[]
  buckets(relation: Relation): Buckets
}

export function memoryWarehouse(): MemoryWarehouse {
  const tables = new Map<string, Map<string, Row>>()
  const rowsOf = (relation: Relation): Row[] => [...(tables.get(relation.name)?.values() ?? [])]
  return {
    async merge(relation, rows) {
      const table = tables.get(relation.name) ?? new Map<string, Row>()
      tables.set(relation.name, table)
      for (const row of rows) {
        const key = keyText(relation, row)
        const known = table.get(key)
        table.set(key, known ? mergeRows(relation, known, row) : row)
      }
    },
    rows: rowsOf,
    buckets: (relation) => bucketsOf(relation, rowsOf(relation)),
  }
}
