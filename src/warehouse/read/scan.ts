import { checkOptions } from '../../core/index.ts'
import type { Relation, Row } from '../../star/index.ts'
import type { ScanOptions } from '../port.ts'
import { bind, keyNames, quote, quoteAll, type SqlValue } from '../sql.ts'
import { boundSql, selectSql } from './rows.ts'

export const DEFAULT_PAGE_ROWS = 1000

export function resolveScan({ signal, pageRows = DEFAULT_PAGE_ROWS }: ScanOptions): {
  readonly signal: AbortSignal | undefined
  readonly pageRows: number
} {
  return { signal, pageRows: checkOptions('scan').whole('pageRows', pageRows, { min: 1 }) }
}

/** The first page of a table in the order of its keys, or with `isLater` the page after a key. */
export function pageSql(relation: Relation, pageRows: number, isLater: boolean): string {
  const after = isLater ? ` WHERE ${afterSql(relation)}` : ''
  return `${selectSql(relation)}${after} ORDER BY ${quoteAll(keyNames(relation))} LIMIT ${pageRows}`
}

/** The values of the page after a row. */
export function pageParams(relation: Relation, last: Row): SqlValue[] {
  const key = last.slice(0, relation.keyLength).map(bind)
  return key.flatMap((_, i) => key.slice(0, i + 1))
}

// `a > ? OR (a = ? AND b > ?)`, because `(a, b) > (?, ?)` is not looked up in the index: it reads from the first row on.
function afterSql({ columns, keyLength }: Relation): string {
  const key = columns.slice(0, keyLength)
  const ways = key.map((column, i) => {
    const equal = key.slice(0, i).map(({ name, type }) => `${quote(name)} = ${boundSql(type)}`)
    return `(${[...equal, `${quote(column.name)} > ${boundSql(column.type)}`].join(' AND ')})`
  })
  return ways.join(' OR ')
}
