import { mergeRows } from '../../src/star/rows/merge.ts'
import { bucketsOf, checksumOf } from '../../src/star/rows/canonical.ts'
import { keyText, type Cell, type Relation, type Row } from '../../src/star/index.ts'
import { ABSENT } from '../../src/star/rows/stamp.ts'
import type { MergePort } from '../../src/warehouse/index.ts'

type NamedRow = Map<string, Cell>

/**
 * A warehouse in memory whose tables have any columns, as MySQL's do: each merge names the columns that it writes, and leaves the
 * others as they are.
 */
export class WideMemory implements MergePort {
  readonly #tables = new Map<string, Map<string, NamedRow>>()

  async merge(relation: Relation, rows: readonly Row[]): Promise<void> {
    const table = this.#tables.get(relation.name) ?? new Map<string, NamedRow>()
    this.#tables.set(relation.name, table)
    for (const row of rows) {
      const key = keyText(relation, row)
      const known = table.get(key)
      const merged = known ? mergeRows(relation, narrowed(relation, known), row) : row
      const wide = known ?? new Map<string, Cell>()
      for (const [i, { name }] of relation.columns.entries()) wide.set(name, merged[i]!)
      table.set(key, wide)
    }
  }

  rows(relation: Relation): Row[] {
    return [...(this.#tables.get(relation.name)?.values() ?? [])].map((row) => narrowed(relation, row))
  }

  checksum(relation: Relation): string {
    return checksumOf(bucketsOf(relation, this.rows(relation)))
  }
}

/** A row with the columns of this relation; a column that was never written has its default. */
function narrowed(relation: Relation, row: NamedRow): Row {
  return relation.columns.map(({ name, role, nullable }) => {
    const cell = row.get(name)
    if (cell !== undefined) return cell
    return role === 'stamp' ? ABSENT : nullable ? null : 0
  })
}
