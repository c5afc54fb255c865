import type { Merge } from '../rows/layout.ts'
import type { PhysicalColumn } from '../rows/relation.ts'
import { STAMP_BYTES } from '../rows/stamp.ts'
import { boolean, int } from '../types/number.ts'
import { stampType } from '../types/text.ts'
import { LIVE, ORIGIN_COLUMN } from './names.ts'

const ABSENT_SQL = `x'${'00'.repeat(STAMP_BYTES)}'`

/** A column of stamps. Where it is left out, its register was not written. */
export function stampColumn(name: string, comment?: string): PhysicalColumn {
  const column = { name, type: stampType, role: 'stamp', nullable: false, defaultSql: ABSENT_SQL } as const
  return comment === undefined ? column : { ...column, comment }
}

/**
 * The comment of a stamp column. `first` inverts its stamps, so stamps of the two must never be compared; `plan` recognises a
 * column of the other merge by this comment, so its words cannot change.
 */
export function stampComment(merge: Merge): string {
  return `changeover: the ${merge === 'first' ? 'earliest' : 'latest'} event counts`
}

export const liveColumn: PhysicalColumn = Object.freeze({ name: LIVE, type: boolean, role: 'value', nullable: true })

export const originColumn: PhysicalColumn = Object.freeze({
  name: ORIGIN_COLUMN,
  type: int,
  role: 'origin',
  nullable: false,
  defaultSql: '0',
})
