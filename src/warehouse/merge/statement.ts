import type { Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { quote } from '../sql.ts'

/** The most placeholders that MySQL takes in a prepared statement. */
const MAX_PLACEHOLDERS = 65_535
/** More rows per statement than this gain next to nothing. */
const MAX_ROWS = 1024

/** The text of a row in a statement takes these bytes per column: a placeholder and a separator. */
const PLACEHOLDER_BYTES = 3

/**
 * Tells Vitess that each shard commits its part of a write by itself; any other server reads a comment. In one transaction over all
 * shards, two writers can wait for each other's locks on different shards, where no server sees the deadlock. A part that is written
 * alone does no harm: the statement is repeated until all of it is.
 */
export const PER_SHARD = '/*vt+ MULTI_SHARD_AUTOCOMMIT=1 */'

/** How many rows one merge statement of this relation takes at most, when its text may have `mostBytes`. */
export function maxRowsOf(relation: Relation, mostBytes: number): number {
  const columns = relation.columns.length
  const byText = Math.floor(mostBytes / ((columns + 1) * PLACEHOLDER_BYTES))
  const most = Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_PLACEHOLDERS / columns), byText))
  return 2 ** Math.floor(Math.log2(most))
}

/**
 * The merge as one statement: inserts `rows` rows, and merges each into the row that has its key already, register by
 * register. The SQL twin of `mergeRows`.
 *
 * MySQL assigns from left to right, so the stamp of a register is assigned after its columns, which compare with the old one.
 */
export function mergeSql(relation: Relation, rows: number, dialect: Dialect): string {
  const names = relation.columns.map((column) => quote(column.name))
  const own = (index: number): string => `${quote(relation.name)}.${names[index]!}`
  const incoming = (index: number): string => dialect.incoming(names[index]!)

  const assignments = relation.registers.flatMap((register) => {
    if (register.merge === 'stamped') {
      const { stamp } = register
      const wins = `${incoming(stamp)} > ${own(stamp)}`
      return [
        ...register.columns.map((column) => `${names[column]!} = IF(${wins}, ${incoming(column)}, ${own(column)})`),
        `${names[stamp]!} = GREATEST(${incoming(stamp)}, ${own(stamp)})`,
      ]
    }
    const { column } = register
    const [theirs, ours] = [incoming(column), own(column)]
    if (register.merge === 'bits') return [`${names[column]!} = ${ours} | ${theirs}`]
    const pick = register.merge === 'min' ? 'LEAST' : 'GREATEST'
    return [`${names[column]!} = COALESCE(${pick}(${ours}, ${theirs}), ${ours}, ${theirs})`]
  })

  const row = `(${names.map(() => '?').join(', ')})`
  return (
    `INSERT ${PER_SHARD} INTO ${quote(relation.name)} (${names.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}` +
    `${dialect.rowAlias} ON DUPLICATE KEY UPDATE ${assignments.join(', ')}`
  )
}

/**
 * A statement that writes nothing, and fails where a merge into this table would. It names a column that is not in the key: Vitess
 * refuses an update of the column that decides on which shard a row is, even if it changes nothing.
 */
export function checkSql(relation: Relation): string {
  const name = quote(relation.columns.at(-1)!.name)
  return `UPDATE ${quote(relation.name)} SET ${name} = ${name} WHERE 1 = 0`
}
