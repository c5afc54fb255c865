import type { HistoryLayout, Slot } from '../rows/layout.ts'
import type { PhysicalColumn } from '../rows/relation.ts'
import { EVENT_BYTES } from '../rows/stamp.ts'
import { bigint } from '../types/number.ts'
import { binary } from '../types/text.ts'
import { datetime } from '../types/time.ts'
import { hasPast, type TableDefinition } from './definition.ts'
import { liveColumn, originColumn, stampColumn } from './internal-columns.ts'
import { tableNamesOf } from './names.ts'

/** The layout of a dimension's history. `key` holds the columns of its primary key. */
export function historyLayoutOf(
  definition: TableDefinition,
  key: readonly PhysicalColumn[],
  slots: readonly Slot[],
): HistoryLayout {
  const past = slots.filter(hasPast)
  const columns: PhysicalColumn[] = [
    ...key,
    { name: '_event', type: binary(EVENT_BYTES), role: 'key', nullable: false },
    { name: '_at', type: datetime, role: 'value', nullable: true },
    ...past.map(({ name, type }): PhysicalColumn => ({ name, type, role: 'value', nullable: true })),
    { name: '_set', type: bigint, role: 'value', nullable: true },
    liveColumn,
    stampColumn('_stamp'),
    originColumn,
  ]
  const keyLength = key.length + 1
  const origin = columns.length - 1
  const stamp = origin - 1
  const written = Array.from({ length: stamp - keyLength }, (_, i) => keyLength + i)
  return {
    relation: {
      name: tableNamesOf(definition).history,
      columns,
      keyLength,
      registers: [
        { merge: 'stamped', columns: written, stamp },
        { merge: 'bits', column: origin },
      ],
      comment: `changeover: what each event wrote to the dimension ${definition.name}`,
    },
    columns: past,
    at: keyLength,
    set: stamp - 2,
    live: stamp - 1,
    stamp,
    origin,
  }
}
