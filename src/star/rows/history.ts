import { ChangeoverError } from '../../core/index.ts'
import type { Cell } from '../types/cell.ts'
import type { HistoryLayout } from './layout.ts'
import type { Operation } from './operation.ts'
import { saysAnything } from './relation.ts'
import { EVENT_BYTES, type Stamp } from './stamp.ts'

/** Begins the history row of an event: its key, and when it happened. */
export function beginHistory(history: HistoryLayout, key: readonly Cell[], stamp: Stamp, at: Cell): Cell[] {
  const row: Cell[] = history.relation.columns.map(() => null)
  for (const [i, cell] of key.entries()) row[i] = cell
  row[key.length] = stamp.subarray(0, EVENT_BYTES)
  row[history.at] = at
  for (const { written } of history.columns) row[written] = 0
  row[history.stamp] = stamp
  return row
}

/** Adds to the history row of an event what one of its operations wrote to the row itself. */
export function writeHistory(
  history: HistoryLayout,
  row: Cell[],
  { kind, values }: Operation,
  current: readonly Cell[],
): void {
  if (kind === 'create' || kind === 'delete') row[history.live] = kind === 'create' ? 1 : 0
  if (kind !== 'create' && kind !== 'edit') return
  for (const { slot, value, written } of history.columns) {
    if (kind === 'edit' && values[slot.name] === undefined) continue
    row[value] = current[slot.index]!
    row[written] = 1
  }
}

/**
 * Whether the event wrote anything that has a history. Throws a ChangeoverError `VALUE` if it did but has no valid time.
 */
export function wroteHistory(history: HistoryLayout, row: readonly Cell[]): boolean {
  if (!saysAnything(history.relation, row)) return false
  if (row[history.at] !== null) return true
  throw new ChangeoverError(
    'VALUE',
    `The event has no valid time, which the history table ${history.relation.name} requires.`,
    { remedy: "Name the event's time field in the source of the migration; it must hold a Date." },
  )
}
