import {
  comparedColumns,
  EVENT_BYTES,
  FINGERPRINT_MASK,
  hex128,
  type Buckets,
  type DataType,
  type PhysicalColumn,
  type Relation,
} from '../../star/index.ts'
import { presenceSql, quote } from '../sql.ts'
import { doubleSql } from './double.ts'

/** The statement that computes the buckets of a table where the rows are: the SQL twin of `bucketsOf`. */
export function bucketsSql(relation: Relation): string {
  const key = encodingSql(relation.columns.slice(0, relation.keyLength))
  const whole = encodingSql(comparedColumns(relation).map((index) => relation.columns[index]!))
  const half = (from: number): string => `CAST(CONV(SUBSTRING(h, ${from}, 16), 16, 10) AS UNSIGNED)`
  return (
    `SELECT k AS bucket, COUNT(*) AS n, CAST(BIT_XOR(${half(1)}) AS CHAR) AS high, CAST(BIT_XOR(${half(17)}) AS CHAR) AS low ` +
    `FROM (SELECT LEFT(SHA2(${key}, 256), 2) AS k, SHA2(${whole}, 256) AS h FROM ${quote(relation.name)} WHERE ${presenceSql(relation)}) AS digests GROUP BY k`
  )
}

/** The buckets in the rows that {@link bucketsSql} selects, on one server or on each of several that share the table's rows. */
export function bucketsIn(rows: readonly Readonly<Record<string, unknown>>[]): Buckets {
  const sums = new Map<string, { readonly rows: number; readonly digest: bigint }>()
  for (const { bucket, n, high, low } of rows) {
    const sum = sums.get(String(bucket)) ?? { rows: 0, digest: 0n }
    const digest = (BigInt(String(high)) << 64n) | BigInt(String(low))
    sums.set(String(bucket), { rows: sum.rows + Number(n), digest: sum.digest ^ digest })
  }
  return new Map(
    [...sums].map(([bucket, { rows: count, digest }]) => [bucket, { rows: count, digest: hex128(digest) }]),
  )
}

/** Columns as one text, as `encodeCells` writes them. */
function encodingSql(columns: readonly PhysicalColumn[]): string {
  return `CONCAT(${columns.map(cellSql).join(', ')})`
}

function cellSql({ name, type, role }: PhysicalColumn): string {
  const column = quote(name)
  const text = TEXT[type.canonical ?? 'text'](WITHOUT_GENERATION[role]?.(column) ?? column)
  return `IF(${column} IS NULL, 'n', CONCAT(LENGTH(${text}), ':', ${text}))`
}

const WITHOUT_GENERATION: { readonly [Role in PhysicalColumn['role']]?: (column: string) => string } = Object.freeze({
  stamp: (column) => `LEFT(${column}, ${EVENT_BYTES})`,
  content: (column) => `(${column} & ${FINGERPRINT_MASK})`,
})

const TEXT: Readonly<Record<NonNullable<DataType['canonical']>, (column: string) => string>> = Object.freeze({
  text: (column) => `CAST(${column} AS CHAR)`,
  hex: (column) => `HEX(${column})`,
  digest: (column) => `SHA2(${column}, 256)`,
  double: doubleSql,
})
