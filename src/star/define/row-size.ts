import type { DataType } from '../types/data-type.ts'

/** What of a column decides how many bytes it takes. */
export interface SizedColumn {
  readonly type: Pick<DataType, 'sql' | 'charset' | 'keyBytes'>
  readonly nullable: boolean
}

/**
 * The most bytes of a row that InnoDB keeps in a page of 16 KiB: less than half of what an empty page has free (8126), less what a
 * row needs after columns were added to its table without a rewrite.
 */
export const MAX_PAGE_BYTES = 8121
/** The most columns of a table in InnoDB. */
export const MAX_TABLE_COLUMNS = 1017

/** The header of a record, and the transaction id and the roll pointer that each row has. */
const RECORD_BYTES = 5 + 6 + 7
/** The longest value of a column that can leave the page, but does not: the length takes one byte, the value 40. */
const STAYING_BYTES = 1 + 40
/** From this maximal size on, a column of variable size can leave the page. */
const LEAVING_BYTES = 256
const UTF8_BYTES = 4
/** How many bytes a group of up to nine decimal digits takes. */
const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]

/**
 * How many bytes a row of a table takes in its page at most, in the row format `DYNAMIC`. Columns of the key and short ones never
 * leave the page. Long ones leave it when the row does not fit, unless the value has at most 40 bytes. MariaDB refuses a table whose
 * short columns do not fit; MySQL creates it, and then refuses the rows that are too large; each refuses some tables of many long
 * columns. A table within this bound is created by both, and takes every row.
 */
export function pageBytesOf({
  columns,
  keyLength,
}: {
  readonly columns: readonly SizedColumn[]
  readonly keyLength: number
}): number {
  const nullable = columns.filter(({ nullable: isNullable }) => isNullable).length
  const cells = columns.reduce((sum, column, index) => sum + cellBytes(column, index < keyLength), 0)
  return RECORD_BYTES + Math.ceil(nullable / 8) + cells
}

function cellBytes({ type }: SizedColumn, isKey: boolean): number {
  const [, name = '', first = '0', second = '0'] = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?/.exec(type.sql) ?? []
  const [length, scale] = [Number(first), Number(second)]
  switch (name) {
    case 'VARCHAR':
      return variableBytes(length * (type.charset === 'ascii' ? 1 : UTF8_BYTES), isKey)
    case 'VARBINARY':
      return variableBytes(length, isKey)
    case 'DECIMAL':
      return digitBytes(length - scale) + digitBytes(scale)
    case 'CHAR':
    case 'BINARY':
      return length
    case 'MEDIUMTEXT':
    case 'LONGBLOB':
      return STAYING_BYTES
    default:
      // Numbers and times; DOUBLE cannot be a key, so its type does not say what it takes in one.
      return type.keyBytes ?? 8
  }
}

function variableBytes(most: number, isKey: boolean): number {
  if (most < LEAVING_BYTES) return 1 + most
  return isKey ? 2 + most : STAYING_BYTES
}

function digitBytes(digits: number): number {
  return Math.floor(digits / 9) * 4 + DIGIT_BYTES[digits % 9]!
}
