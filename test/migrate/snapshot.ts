import { ledgerOf } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { sql } from '../support/sql.ts'

/** Everything that a migration's tables hold, including stamps, tombstones, receipts and origins. */
export async function snapshot(
  warehouse: Warehouse,
  migration: Migration,
  isLeftOut: (column: string) => boolean = () => false,
): Promise<Record<string, unknown[]>> {
  const relations = Object.values(migration.tables).map((table) => table.layout.relation)
  const tables: Record<string, unknown[]> = {}
  for (const relation of [...relations, ledgerOf(migration).receipts]) {
    const columns = relation.columns.map(({ name }) => name).filter((name) => !isLeftOut(name))
    const key = relation.columns.slice(0, relation.keyLength).map(({ name }) => `\`${name}\``)
    const names = columns.map((name) => `\`${name}\``).join(', ')
    const rows = await sql(warehouse, `SELECT ${names} FROM \`${relation.name}\` ORDER BY ${key.join(', ')}`)
    tables[relation.name] = rows.map((row) => Object.values(row).map(comparable))
  }
  return tables
}

/** The same without the origin, which records how a row arrived and is not compared. */
export function contentOf(warehouse: Warehouse, migration: Migration): Promise<Record<string, unknown[]>> {
  const origins = new Set(['origin', ...Object.values(migration.tables).map(originOf)])
  return snapshot(warehouse, migration, (name) => origins.has(name))
}

function originOf({ layout }: Migration['tables'][string]): string {
  return layout.relation.columns[layout.origin]!.name
}

function comparable(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
