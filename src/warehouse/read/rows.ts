import type { PhysicalColumn, Relation, Row } from '../../star/index.ts'
import { quote, quoteAll } from '../sql.ts'

/** All columns of a table, in the order of the relation. */
export function selectSql({ name, columns }: Relation): string {
  return `SELECT ${quoteAll(columns.map((column) => column.name))} FROM ${quote(name)}`
}

/** A row as the driver returns it, decoded. */
export function decodeRow({ columns }: Relation, raw: readonly unknown[]): Row {
  return columns.map(({ type }, i) => (raw[i] === null ? null : type.decode(raw[i])))
}

/** The placeholder of a value that a column of this type is compared with. Text compared with a number would become a double. */
export function boundSql({ sql }: PhysicalColumn['type']): string {
  if (/^(TINYINT|INT|BIGINT)\b/.test(sql)) return 'CAST(? AS SIGNED)'
  return /^(DECIMAL|DATETIME|DATE)\b/.test(sql) ? `CAST(? AS ${sql})` : '?'
}
