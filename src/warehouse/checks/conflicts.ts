import {
  CONTENT_HIGH,
  CONTENT_LOW,
  FINGERPRINT_MASK,
  type AnyTable,
  type Cell,
  type Relation,
  type Row,
} from '../../star/index.ts'
import type { Conflicts } from '../port.ts'
import { keyNames, quote, quoteAll } from '../sql.ts'

/** How many keys are listed of a table whose facts have conflicting contents. */
const MAX_LISTED_CONFLICTS = 20

/** @param rows the first of the rows by key; only their keys are read */
export function conflictsOf(table: AnyTable, count: number, rows: readonly Row[]): Conflicts {
  const names = keyNames(table.layout.relation)
  const keys = rows
    .slice(0, MAX_LISTED_CONFLICTS)
    .map((row) => Object.fromEntries(names.map((name, i) => [name, listed(row[i]!)])))
  return { table: table.name, count, keys }
}

// JSON has no bigint, and no exact number for a large one.
function listed(cell: Cell): Cell {
  if (typeof cell !== 'bigint') return cell
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell.toString()
}

export function countConflictsSql(relation: Relation): string {
  return `SELECT COUNT(*) FROM ${quote(relation.name)} WHERE ${conflictSql()}`
}

export function listConflictsSql(relation: Relation): string {
  const key = quoteAll(keyNames(relation))
  return `SELECT ${key} FROM ${quote(relation.name)} WHERE ${conflictSql()} ORDER BY ${key} LIMIT ${MAX_LISTED_CONFLICTS}`
}

// The SQL twin of `isContested`.
function conflictSql(): string {
  const part = (column: string): string => `(${quote(column)} & ${FINGERPRINT_MASK})`
  return `${part(CONTENT_HIGH)} + ${part(CONTENT_LOW)} <> ${FINGERPRINT_MASK}`
}
