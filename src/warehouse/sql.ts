import { STAMP_BYTES, type Cell, type Relation } from '../star/index.ts'

/** A value as the driver binds it. */
export type SqlValue = string | number | Buffer | null

/** An identifier in SQL. Identifiers come from definitions, which allow no backtick; this is the second line of defence. */
export function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}

/** Identifiers in SQL, separated by commas. */
export function quoteAll(identifiers: readonly string[]): string {
  return identifiers.map(quote).join(', ')
}

const ABSENT_SQL = `x'${'00'.repeat(STAMP_BYTES)}'`

/** Whether a row says anything, see `Relation.presence`. */
export function presenceSql({ columns, presence }: Relation): string {
  if (presence === undefined) return 'TRUE'
  const nameOf = (index: number): string => quote(columns[index]!.name)
  const { stamps, values, flags } = presence
  return [
    ...flags.map((flag) => `${nameOf(flag)} = 1`),
    ...values.map((value) => `${nameOf(value)} IS NOT NULL`),
    ...stamps.map((stamp) => `${nameOf(stamp)} <> ${ABSENT_SQL}`),
  ].join(' OR ')
}

/** The names of the columns of a relation's key. */
export function keyNames(relation: Relation): string[] {
  return relation.columns.slice(0, relation.keyLength).map(({ name }) => name)
}

/** A cell as a bound value. A 64-bit integer is bound as text, which the server reads exactly. */
export function bind(cell: Cell): SqlValue {
  if (typeof cell === 'bigint') return cell.toString()
  if (cell instanceof Uint8Array) return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
  return cell
}
