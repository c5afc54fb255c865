import type { Cell } from '../../src/star/types/cell.ts'
import type { Relation } from '../../src/star/rows/relation.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { sql } from '../support/sql.ts'

/** The rows of a table in the form in which the in-memory merge has them, in the order in which the server returns them. */
export async function rowsIn(warehouse: Warehouse, relation: Relation): Promise<Cell[][]> {
  const key = relation.columns.slice(0, relation.keyLength).map(({ name }) => `\`${name}\``)
  const rows = await sql(warehouse, `SELECT * FROM \`${relation.name}\` ORDER BY ${key.join(', ')}`)
  return rows.map((row) =>
    relation.columns.map(({ name, type }) => (row[name] === null ? null : comparable(type.decode(row[name])))),
  )
}

/** A cell in one JS form, so that a Buffer and a Uint8Array with the same bytes are equal. */
export function comparable(cell: Cell): Cell {
  return cell instanceof Uint8Array ? Buffer.from(cell) : cell
}

/** The content of these tables except the origin, row by row as text, in key order. */
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

// Unambiguous: a type, then the value, with text in quotes.
function written(cell: Cell): string {
  if (cell instanceof Uint8Array) return `x'${Buffer.from(cell).toString('hex')}'`
  return typeof cell === 'string' ? JSON.stringify(cell) : typeof cell === 'bigint' ? `${cell}n` : String(cell)
}

/** Empties tables, which is much faster than recreating them. */
export async function empty(warehouse: Warehouse, relations: readonly Relation[]): Promise<void> {
  for (const { name } of relations) await sql(warehouse, `DELETE FROM \`${name}\``)
}
