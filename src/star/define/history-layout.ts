import type { HistoryLayout, PastColumn, Slot } from '../rows/layout.ts'
import type { PhysicalColumn } from '../rows/relation.ts'
import { EVENT_BYTES } from '../rows/stamp.ts'
import { boolean } from '../types/number.ts'
import { binary } from '../types/text.ts'
import { datetime } from '../types/time.ts'
import { hasPast, type TableDefinition } from './definition.ts'
import { liveColumn, originColumn, stampColumn } from './internal-columns.ts'
import { tableNamesOf, writtenName } from './names.ts'

/** The layout of a dimension's history. `main` holds the columns of the dimension's own table, those of its key first. */
export function historyLayoutOf(
  definition: TableDefinition,
  main: readonly PhysicalColumn[],
  slots: readonly Slot[],
): HistoryLayout {
  const columns: PhysicalColumn[] = []
  const add = (column: PhysicalColumn): number => columns.push(column) - 1
  const key = slots.filter(({ isKey }) => isKey)
  for (const { index } of key) add(main[index]!)
  add({ name: '_event', type: binary(EVENT_BYTES), role: 'key', nullable: false })
  const at = add({ name: '_at', type: datetime, role: 'value', nullable: true })
  const past = slots.filter(hasPast).map((slot): PastColumn => {
    const { name, logicalName = name } = main[slot.index]!
    const value = add({ name, logicalName, type: slot.type, role: 'value', nullable: true })
    return { slot, value, written: add(flagColumn(writtenName(name), writtenName(logicalName))) }
  })
  const live = add(liveColumn)
  const stamp = add(stampColumn('_stamp'))
  const origin = add(originColumn)
  const keyLength = key.length + 1
  const guarded = columns.map((_, index) => index).filter((index) => index >= keyLength && index < stamp)
  return {
    relation: {
      name: tableNamesOf(definition).history,
      columns,
      keyLength,
      registers: [
        { merge: 'stamped', columns: guarded, stamp },
        { merge: 'bits', column: origin },
      ],
      presence: { stamps: [], values: [live], flags: past.map(({ written }) => written) },
      comment: `changeover: what each event wrote to the dimension ${definition.name}`,
    },
    columns: past,
    at,
    live,
    stamp,
    origin,
  }
}

function flagColumn(name: string, logicalName: string): PhysicalColumn {
  return { name, logicalName, type: boolean, role: 'value', nullable: false, defaultSql: '0' }
}
