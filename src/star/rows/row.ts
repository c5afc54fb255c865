import type { Cell } from '../types/cell.ts'
import { writeFingerprint } from './content.ts'
import { beginHistory, writeHistory, wroteHistory } from './history.ts'
import type { HistoryLayout, Slot, TableLayout } from './layout.ts'
import { keyText, mergeValues, valueMerge } from './merge.ts'
import { ORIGIN, type Operation, type Origin, type TargetTable } from './operation.ts'
import { assertEditable, assertKnownColumns, assertNullable, assertWholeGroups, cellOf } from './operation-checks.ts'
import type { Relation, Row } from './relation.ts'
import { ABSENT, erasedStamp, generationIn, inverted, isErased, type Stamp } from './stamp.ts'

/** A row and the table it is for. */
export interface RelationRow {
  readonly relation: Relation
  readonly row: Row
}

/**
 * What the operations of one event do, as rows to merge: one per table and key. If two operations of one event write to one
 * stamped register, the later in the list wins, or the earlier where the merge is `first`. `at` is when the event happened; only
 * histories need it. `layoutOf` gives the layout of a table where it is not that of its first generation. Throws a ChangeoverError
 * `VALUE` that names table, column, value and limit.
 */
export function rowsOf(
  operations: readonly Operation[],
  stamp: Stamp,
  origin: Origin,
  at: Cell = null,
  layoutOf: (table: TargetTable) => TableLayout = ({ layout }) => layout,
): RelationRow[] {
  const rows = new Map<string, Written>()
  for (const operation of operations) {
    const layout = layoutOf(operation.table)
    const start = emptyRow(operation, layout)
    const key = keyText(layout.relation, start)
    const known = rows.get(`${layout.relation.name} ${key}`) ?? { relation: layout.relation, row: start }
    rows.set(`${layout.relation.name} ${key}`, known)
    write(operation, layout, known.row, stamp)
    known.row[layout.origin] = ORIGIN[origin]
    if (!layout.history) continue
    const keyCells = start.slice(0, layout.relation.keyLength)
    known.past ??= { layout: layout.history, row: beginHistory(layout.history, keyCells, stamp, at) }
    writeHistory(layout.history, known.past.row, operation, known.row)
    known.past.row[layout.history.origin] = ORIGIN[origin]
  }
  return [...rows.values()].flatMap(({ relation, row, past }) =>
    past && wroteHistory(past.layout, past.row)
      ? [
          { relation, row },
          { relation: past.layout.relation, row: past.row },
        ]
      : [{ relation, row }],
  )
}

interface Written {
  readonly relation: Relation
  readonly row: Cell[]
  past?: { readonly layout: HistoryLayout; readonly row: Cell[] }
}

/** A row that holds its key and nothing else: the least element of the lattice. */
function emptyRow({ table, key }: Operation, { relation, slots }: TableLayout): Cell[] {
  const row: Cell[] = relation.columns.map((column) => (column.role === 'stamp' ? ABSENT : null))
  for (const slot of slots.values()) {
    // Key columns come first.
    if (!slot.isKey) break
    row[slot.index] = cellOf(table, slot, key[slot.name])
  }
  assertKnownColumns(table, key, true)
  return row
}

function write(operation: Operation, layout: TableLayout, row: Cell[], stamp: Stamp): void {
  const { kind } = operation
  const { live } = layout
  if (kind === 'create' || kind === 'delete') {
    row[live.value] = kind === 'create' ? 1 : 0
    row[live.stamp] = stamp
  }
  if (kind === 'erase') return erase(layout, row, stamp)
  if (kind !== 'delete') set(operation, layout, row, stamp)
  if (kind === 'create') writeFingerprint(layout, row, generationIn(stamp))
}

function set({ kind, table, values }: Operation, layout: TableLayout, row: Cell[], stamp: Stamp): void {
  assertKnownColumns(table, values, false)
  if (kind === 'edit') assertWholeGroups(table, values)
  const before = [...row]
  for (const slot of layout.slots.values()) {
    if (slot.isKey) continue
    let value = values[slot.name]
    if (value === undefined) {
      // An edit leaves unnamed columns alone; a create also resets those of the row's former life.
      if (kind === 'edit') continue
      value = slot.default?.value ?? null
      if (value === null && !isReset(slot)) continue
    } else if (kind === 'edit') {
      assertEditable(table, slot)
    }
    if (slot.stamp !== undefined && isErased(row[slot.stamp] as Stamp)) continue
    // Stamps of this row come from `emptyRow`, `erase` and the event alone, so this one is recognised by identity.
    if (slot.merge === 'first' && before[slot.stamp!] !== ABSENT) continue
    if (value === null) assertNullable(table, slot, kind)
    const cell = value === null ? null : cellOf(table, slot, value)
    if (slot.stamp !== undefined) {
      row[slot.stamp] = slot.merge === 'first' ? inverted(stamp) : stamp
      row[slot.index] = cell
    } else if (cell !== null) {
      // Two operations of one event join here as two events do in the warehouse.
      row[slot.index] = mergeValues(valueMerge(slot.merge), slot.type.order, row[slot.index]!, cell)
    }
  }
}

// A create that leaves the column out sets it to NULL, unless its merge outlives the row. A column that must not be NULL is
// reset too, so that the missing value is refused.
function isReset(slot: Slot): boolean {
  return slot.merge === 'last' || slot.merge === 'once' || !slot.nullable
}

function erase({ slots }: TableLayout, row: Cell[], stamp: Stamp): void {
  const erased = erasedStamp(generationIn(stamp))
  for (const slot of slots.values()) {
    if (!slot.isPersonal || slot.stamp === undefined) continue
    row[slot.index] = null
    row[slot.stamp] = erased
  }
}
