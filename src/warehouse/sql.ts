import type { Cell, Relation } from '../star/index.ts'

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

/** Whether a row says anything, see `Relation.presence`. */
export function presenceSql({ columns, presence }: Relation): string {
  if (presence === undefined) return 'TRUE'
  const flags = presence.flags.map((flag) => `${quote(columns[flag]!.name)} = 1`)
  return [`${quote(columns[presence.value]!.name)} IS NOT NULL`, ...flags].join(' OR ')
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
