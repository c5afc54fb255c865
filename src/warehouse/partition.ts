import type { DataType } from '../star/index.ts'
import { quote } from './sql.ts'

/** Servers sort by no more of a text than this many bytes (`max_sort_length`). */
const MAX_SORT_BYTES = 1024

/**
 * What to PARTITION BY, so that each key is one partition, also on a server whose sort takes several texts for one. MariaDB's ignores
 * trailing NUL characters and what follows the first 1,024 bytes; rows of such texts interleave and every window over them is wrong.
 *
 * The columns themselves come first: a condition on them is then pushed down to the table.
 */
export function partitionBy(columns: readonly { readonly name: string; readonly type: DataType }[]): string {
  return columns.flatMap(({ name, type }) => [quote(name), ...tieBreak(quote(name), type)]).join(', ')
}

function tieBreak(column: string, { charset, canonical, keyBytes = 0 }: DataType): string[] {
  const isText = charset === 'utf8mb4'
  if (!isText && canonical !== 'hex') return []
  if (keyBytes > MAX_SORT_BYTES) return [`SHA2(${column}, 256)`]
  // Texts that only padding makes equal differ in length, which is cheaper to sort than their bytes.
  return isText ? [`LENGTH(${column})`] : []
}
