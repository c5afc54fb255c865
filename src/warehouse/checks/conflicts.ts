import {
  CONTENT_HIGH,
  CONTENT_LOW,
  FINGERPRINT_MASK,
  type AnyTable,
  type Cell,
  type Relation,
  type Row,
} from '../../star/index.ts'
import { keyNames, quote, quoteAll } from '../sql.ts'

/** Keys of a fact that events gave different contents, at one revision of the mapping. */
export interface Conflicts {
  /** The fact's name, without prefix. */
  readonly table: string
  readonly count: number
  /** The first 20 of them, in order; 64-bit integers as text. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** How many keys are listed of a table whose facts have conflicting contents. */
export const MAX_LISTED_CONFLICTS = 20

/** @param rows the first of the rows by key; only their keys are read */
export function conflictsOf(table: AnyTable, count: number, rows: readonly Row[]): Conflicts {
  const names = keyNames(table.layout.relation)
  const keys = rows
    .slice(0, MAX_LISTED_CONFLICTS)
    .map((row) => Object.fromEntries(names.map((name, i) => [name, listed(row[i]!)])))
  return { table: table.name, count, keys }
}

// JSON has no bigint.
function listed(cell: Cell): Cell {
  return typeof cell === 'bigint' ? cell.toString() : cell
}

export function countConflictsSql(relation: Relation): string {
  return `SELECT COUNT(*) ${fromConflicts(relation)}`
}

export function listConflictsSql(relation: Relation): string {
  const key = quoteAll(keyNames(relation))
  return `SELECT ${key} ${fromConflicts(relation)} ORDER BY ${key} LIMIT ${MAX_LISTED_CONFLICTS}`
}

// The SQL twin of `isContested`.
function fromConflicts(relation: Relation): string {
  const part = (column: string): string => `(${quote(column)} & ${FINGERPRINT_MASK})`
  return `FROM ${quote(relation.name)} WHERE ${part(CONTENT_HIGH)} + ${part(CONTENT_LOW)} <> ${FINGERPRINT_MASK}`
}
