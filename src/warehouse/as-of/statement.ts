import type { AnyTable } from '../../star/index.ts'
import { partitionBy } from '../partition.ts'
import { quote, quoteAll } from '../sql.ts'
import type { Role } from './checks.ts'

/** A query in two parts, with the place for a WHERE of the facts between them. */
type Query = readonly [before: string, after: string]

/** Names of our own inside the subqueries; no column of a definition begins with an underscore. */
const KIND = quote('_kind')
const NUMBER = quote('_number')
const TIME = quote('_time')
const key = (i: number): string => `_key_${i}`
const carried = (i: number): string => quote(`_carried_${i}`)

/** The facts with the versions of their dimensions, as one parenthesised query. */
export function asOfSql(fact: AnyTable, at: string, roles: readonly Role[]): Query {
  const columns = [...fact.layout.slots.keys()]
  const facts: Query = [`SELECT ${quoteAll(columns)} FROM ${quote(fact.name)} AS ${quote('facts')}`, '']
  const [query] = roles.reduce<readonly [Query, readonly string[]]>(
    ([rows, names], role) => [joinRole(rows, names, at, role), [...names, ...role.columns.map(({ as }) => as)]],
    [facts, columns],
  )
  return [`(${query[0]}`, `${query[1]})`]
}

/**
 * Puts versions and facts of a key into one sequence by time, and numbers it by the versions so far: each fact has the number of the
 * version before it, which is the first row of that number. One pass over sorted rows, where a join would compare each fact with each
 * version. A version that ended before the fact's time (by a deletion) leaves NULLs.
 */
function joinRole([before, after]: Query, names: readonly string[], at: string, role: Role): Query {
  const keys = role.key.map(({ type }, i) => ({ name: key(i), type }))
  const perKey = partitionBy(keys)
  const values = role.columns.map((_, i) => quote(`_value_${i}`))
  const ends = carried(role.columns.findIndex(({ name }) => name === 'valid_to'))
  const versions =
    `SELECT 0 AS ${KIND}, ${quote('valid_from')} AS ${TIME}, ` +
    `${role.key.map(({ name }, i) => `${quote(name)} AS ${quote(key(i))}`).join(', ')}, ` +
    `${names.map((name) => `NULL AS ${quote(name)}`).join(', ')}, ` +
    `${role.columns.map(({ name }, i) => `${quote(name)} AS ${values[i]}`).join(', ')} FROM ${quote(role.view)}`
  const facts =
    `SELECT 1, ${quote(at)}, ${quoteAll(role.key.map(({ inFact }) => inFact))}, ${quoteAll(names)}, ` +
    `${values.map(() => 'NULL').join(', ')} FROM (${before}`
  const number = `SUM(${KIND} = 0) OVER (PARTITION BY ${perKey} ORDER BY ${TIME}, ${KIND} ROWS UNBOUNDED PRECEDING)`
  // Named, because MySQL makes one pass per window that is written out.
  const version = `PARTITION BY ${perKey}, ${NUMBER} ORDER BY ${KIND} ROWS UNBOUNDED PRECEDING`
  const carry = values.map((value, i) => `FIRST_VALUE(${value}) OVER ${quote('version')} AS ${carried(i)}`).join(', ')
  const given = role.columns.map(
    ({ as }, i) => `IF(${ends} IS NULL OR ${quote(at)} < ${ends}, ${carried(i)}, NULL) AS ${quote(as)}`,
  )
  return [
    `SELECT ${[...names.map(quote), ...given].join(', ')} FROM (SELECT ${KIND}, ${quoteAll(names)}, ${carry} ` +
      `FROM (SELECT ${quote('sequence')}.*, ${number} AS ${NUMBER} FROM (${versions} UNION ALL ${facts}`,
    `${after}) AS ${quote('rows')}) AS ${quote('sequence')}) AS ${quote('numbered')} WINDOW ${quote('version')} AS (${version})) AS ${quote('carried')} WHERE ${KIND} = 1`,
  ]
}
