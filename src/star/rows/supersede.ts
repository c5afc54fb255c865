import type { Row, Supersedes } from './relation.ts'

/** Whether a row makes a row of the other table, which has the same key, obsolete. The pure twin of the statement that deletes it. */
export function isSuperseded({ column, than, times }: Supersedes, row: Row, other: Row): boolean {
  return Number(row[column]) > times * Number(other[than])
}
