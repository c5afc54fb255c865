import type { Cell } from '../../src/star/types/cell.ts'
import type { Relation } from '../../src/star/rows/relation.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { sql } from '../support/sql.ts'

/** The table's rows as the merge in memory would have them, in the order of the server. */
export async function rowsIn(warehouse: Warehouse, relation: Relation): Promise<Cell[][]> {
  const key = relation.columns.slice(0, relation.keyLength).map(({ name }) => `\`${name}\``)
  const rows = await sql(warehouse, `SELECT * FROM \`${relation.name}\` ORDER BY ${key.join(', ')}`)
  return rows.map((row) =>
    relation.columns.map(({ name, type }) => (row[name] === null ? null : comparable(type.decode(row[name])))),
  )
}

/** The same cell in one JS form: a Buffer and a Uint8Array of the same bytes are one value. */
export function comparable(cell: Cell): Cell {
  return cell instanceof Uint8Array ? Buffer.from(cell) : cell
}

/** All that these tables hold but where it came from, row by row as text, in the order of their keys. */
export async function contentsOf(
  warehouse: Warehouse,
  relations: readonly Relation[],
  without: readonly string[],
): Promise<string[]> {
  const lines: string[] = []
  for (const relation of relations) {
    const compared = relation.columns.map(({ name }) => !without.includes(name))
    for (const row of await rowsIn(warehouse, relation)) {
      lines.push(
        `${relation.name} ${row
          .filter((_, i) => compared[i])
          .map(written)
          .join(' ')}`,
      )
    }
  }
  return lines
}

// No two values are written alike: a type, then the value, and text in quotes.
function written(cell: Cell): string {
  if (cell instanceof Uint8Array) return `x'${Buffer.from(cell).toString('hex')}'`
  return typeof cell === 'string' ? JSON.stringify(cell) : typeof cell === 'bigint' ? `${cell}n` : String(cell)
}

/** Empties tables, which is much quicker than making them anew. */
export async function empty(warehouse: Warehouse, relations: readonly Relation[]): Promise<void> {
  for (const { name } of relations) await sql(warehouse, `DELETE FROM \`${name}\``)
}
