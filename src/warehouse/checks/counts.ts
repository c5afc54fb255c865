import { EVENT_BYTES, STAMP_BYTES, type PhysicalColumn, type Relation } from '../../star/index.ts'
import { presenceSql, quote, quoteAll } from '../sql.ts'

/** Counts the rows of a table by their values in some columns. */
export function countBySql({ name, columns }: Relation, by: readonly number[]): string {
  const names = quoteAll(by.map((index) => columns[index]!.name))
  return `SELECT ${names}, COUNT(*) FROM ${quote(name)} GROUP BY ${names}`
}

/** The columns of a table that are stamps. */
export function stampsOf({ columns }: Relation): PhysicalColumn[] {
  return columns.filter(({ role }) => role === 'stamp')
}

/** Counts, for each stamp of a table, the rows in which a definition before a generation wrote it last: the twin of `isOutdated`. */
export function outdatedSql(relation: Relation, generation: number): string {
  const hex = generation.toString(16).padStart((STAMP_BYTES - EVENT_BYTES) * 2, '0')
  const counts = stampsOf(relation).map(({ name }) => {
    const stamp = quote(name)
    const isWritten = `${stamp} <> x'${'00'.repeat(STAMP_BYTES)}'`
    return `SUM(${isWritten} AND SUBSTRING(${stamp}, ${EVENT_BYTES + 1}) < x'${hex}') AS ${stamp}`
  })
  return `SELECT ${counts.join(', ')} FROM ${quote(relation.name)} WHERE ${presenceSql(relation)}`
}
