import { FINGERPRINT_MASK, CONTENT_HIGH, CONTENT_LOW, type AnyTable } from '../../star/index.ts'
import { quote } from '../dialect.ts'
import type { Warehouse } from '../port.ts'

/** Keys of a fact that events gave different contents, at one revision of the mapping. */
export interface Conflicts {
  readonly table: string
  readonly count: number
  /** The first of them, by key; values as text. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

const LISTED = 20

/**
 * Counts and lists the facts of which two events gave different contents. The one with the greater stamp is what the row
 * holds, whatever came first; but a fact's key should be its event's, or something else that fixes its content.
 */
export async function findConflicts(warehouse: Warehouse, tables: readonly AnyTable[]): Promise<Conflicts[]> {
  const found: Conflicts[] = []
  for (const table of tables) {
    if (!table.layout.content) continue
    const from = `FROM ${quote(table.layout.relation.name)} WHERE ${conflictSql()}`
    const [counted] = await warehouse.select(`SELECT COUNT(*) AS n ${from}`)
    const count = Number(counted!['n'])
    if (count === 0) continue
    const key = Object.keys(table.key).map(quote).join(', ')
    const keys = await warehouse.select(`SELECT ${key} ${from} ORDER BY ${key} LIMIT ${LISTED}`)
    found.push({ table: table.name, count, keys })
  }
  return found
}

function conflictSql(): string {
  const part = (column: string): string => `(${quote(column)} & ${FINGERPRINT_MASK})`
  return `${part(CONTENT_HIGH)} + ${part(CONTENT_LOW)} <> ${FINGERPRINT_MASK}`
}
