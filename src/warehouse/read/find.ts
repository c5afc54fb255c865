import { keyText, type Relation } from '../../star/index.ts'
import type { Key } from '../port.ts'
import { bind, quote, type SqlValue } from '../sql.ts'
import { boundSql, selectSql } from './rows.ts'

/** How many keys one statement looks for. Below 1000 values, from where on MariaDB turns an IN into a subquery. */
const KEYS_PER_STATEMENT = 500

/** The distinct keys, in groups that one statement each looks for. */
export function keyGroups(relation: Relation, keys: readonly Key[]): Key[][] {
  const distinct = [...new Map(keys.map((key) => [keyText(relation, key), key])).values()]
  const groups: Key[][] = []
  for (let at = 0; at < distinct.length; at += KEYS_PER_STATEMENT) {
    groups.push(distinct.slice(at, at + KEYS_PER_STATEMENT))
  }
  return groups
}

/** The rows of {@link KEYS_PER_STATEMENT} keys; always as many, so that one prepared statement serves. */
export function findSql(relation: Relation): string {
  const key = relation.columns.slice(0, relation.keyLength)
  if (key.length === 1) {
    const { name, type } = key[0]!
    const values = Array<string>(KEYS_PER_STATEMENT).fill(boundSql(type))
    return `${selectSql(relation)} WHERE ${quote(name)} IN (${values.join(', ')})`
  }
  // Not `(a, b) IN (...)`, whose values would be more than MariaDB leaves as they are.
  const one = key.map(({ name, type }) => `${quote(name)} = ${boundSql(type)}`).join(' AND ')
  return `${selectSql(relation)} WHERE ${Array<string>(KEYS_PER_STATEMENT).fill(`(${one})`).join(' OR ')}`
}

/** The values for a group of keys; the last key fills the places that the group leaves. */
export function findParams(group: readonly Key[]): SqlValue[] {
  const filled = Array.from({ length: KEYS_PER_STATEMENT }, (_, i) => group[Math.min(i, group.length - 1)]!)
  return filled.flatMap((key) => key.map(bind))
}
