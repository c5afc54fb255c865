import type { Relation, Supersedes } from '../../star/index.ts'
import { KEYS_PER_STATEMENT } from '../read/find.ts'
import { keyNames, quote } from '../sql.ts'
import { PER_SHARD } from './statement.ts'

/**
 * Deletes the rows of another table that rows of this one supersede, of {@link KEYS_PER_STATEMENT} keys. It looks at this table
 * only where the other has a row, which is seldom.
 */
export function supersedeSql(relation: Relation, { relation: other, column, than, times }: Supersedes): string {
  const [key] = keyNames(relation).map(quote)
  const [here, there] = [quote(relation.name), quote(other.name)]
  const values = Array<string>(KEYS_PER_STATEMENT).fill('?').join(', ')
  const wins = `${here}.${quote(relation.columns[column]!.name)} > ${times} * ${there}.${quote(other.columns[than]!.name)}`
  return (
    `DELETE ${PER_SHARD} FROM ${there} WHERE ${there}.${key} IN (${values}) ` +
    `AND EXISTS (SELECT 1 FROM ${here} WHERE ${here}.${key} = ${there}.${key} AND ${wins})`
  )
}
