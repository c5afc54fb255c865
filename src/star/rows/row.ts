import { ChangeoverError } from '../../core/index.ts'
import type { Cell } from '../types/cell.ts'
import { writeFingerprint } from './content.ts'
import { Misfit, show } from '../types/data-type.ts'
import { beginHistory, hasHistory, writeHistory, type History } from './history.ts'
import type { Slot } from '../define/layout.ts'
import { keyText, mergeValues } from './merge.ts'
import { ORIGIN, type Operation, type Origin } from './operation.ts'
import type { Relation, Row } from './relation.ts'
import { ABSENT, ERASED, inverted, STAMP_BYTES, type Stamp } from './stamp.ts'
import type { AnyTable } from '../define/table.ts'

/** A row and the table it is for. */
export interface RelationRow {
  readonly relation: Relation
  readonly row: Row
}

/**
 * What the operations of one event do, as rows to merge: one per table and key. Of two operations of one event on one
 * stamped register, the later in the list counts; where the first is kept, the earlier. `at` is when it happened, which only
 * histories ask for. Throws a ChangeoverError `VALUE` that names table, column, value and limit.
 */
export function rowsOf(operations: readonly Operation[], stamp: Stamp, origin: Origin, at: Cell = null): RelationRow[] {
  const rows = new Map<string, Written>()
  for (const operation of operations) {
    const { layout } = operation.table
    const start = emptyRow(operation)
    const key = keyText(layout.relation, start)
    const known = rows.get(`${layout.relation.name} ${key}`) ?? { relation: layout.relation, row: start }
    rows.set(`${layout.relation.name} ${key}`, known)
    write(operation, known.row, stamp)
    known.row[layout.origin] = ORIGIN[origin]
    if (!layout.history) continue
    const keyCells = start.slice(0, layout.relation.keyLength)
    known.past ??= { of: layout.history, row: beginHistory(layout.history, keyCells, stamp, at) }
    writeHistory(layout.history, known.past.row, operation, known.row)
    known.past.row[layout.history.origin] = ORIGIN[origin]
  }
  return [...rows.values()].flatMap(({ relation, row, past }) =>
    past && hasHistory(past.of, past.row)
      ? [
          { relation, row },
          { relation: past.of.relation, row: past.row },
        ]
      : [{ relation, row }],
  )
}

interface Written {
  readonly relation: Relation
  readonly row: Cell[]
  past?: { readonly of: History; readonly row: Cell[] }
}

/** A row that holds its key and nothing else: the least element of the lattice. */
function emptyRow({ table, key }: Operation): Cell[] {
  const { relation, slots } = table.layout
  const row: Cell[] = relation.columns.map((column) => (column.type.name === 'stamp' ? ABSENT : null))
  for (const name of Object.keys(table.key)) {
    const slot = slots.get(name)!
    row[slot.index] = encode(table, slot, key[name])
  }
  refuseUnknown(table, key, true)
  return row
}

function write(operation: Operation, row: Cell[], stamp: Stamp): void {
  const { kind, table } = operation
  const { live } = table.layout
  if (kind === 'create' || kind === 'delete') {
    row[live.value] = kind === 'create' ? 1 : 0
    row[live.stamp] = stamp
  }
  if (kind === 'erase') return erase(table, row)
  if (kind !== 'delete') set(operation, row, stamp)
  if (kind === 'create') writeFingerprint(table.layout, row, stamp[STAMP_BYTES - 1]!)
}

function set({ kind, table, values }: Operation, row: Cell[], stamp: Stamp): void {
  refuseUnknown(table, values, false)
  if (kind === 'edit') refusePartOfGroup(table, values)
  const before = [...row]
  for (const slot of table.layout.slots.values()) {
    if (slot.isKey) continue
    let value = values[slot.name]
    if (value === undefined) {
      // An edit leaves alone what it does not name; a create starts every register of the new life afresh.
      if (kind === 'edit') continue
      value = slot.spec.default?.value ?? null
      if (value === null && !startsAfresh(slot)) continue
    } else if (kind === 'edit' && slot.merge === 'once') {
      throw new ChangeoverError(
        'VALUE',
        `${nameOf(table, slot)} is fixed by the key of the fact, and an edit cannot change it.`,
        {
          remedy: 'Write it in the create, or give the column a merge of its own, such as .last().',
        },
      )
    }
    if (slot.stamp !== undefined && row[slot.stamp] === ERASED) continue
    if (slot.merge === 'first' && before[slot.stamp!] !== ABSENT) continue
    const cell = value === null ? nullFor(table, slot, kind) : encode(table, slot, value)
    if (slot.stamp !== undefined) {
      row[slot.stamp] = slot.merge === 'first' ? inverted(stamp) : stamp
      row[slot.index] = cell
    } else if (cell !== null) {
      // Two operations of one event join here as two events do in the warehouse.
      const merge = slot.merge === 'min' || slot.merge === 'all' ? 'min' : 'max'
      row[slot.index] = mergeValues(merge, slot.spec.type.order, row[slot.index]!, cell)
    }
  }
}

function refusePartOfGroup(table: AnyTable, values: Operation['values']): void {
  const slots = [...table.layout.slots.values()]
  const given = new Map(
    slots.flatMap(({ name, spec }) =>
      spec.group !== undefined && values[name] !== undefined ? [[spec.group, name]] : [],
    ),
  )
  const left = slots.find(({ name, spec }) => given.has(spec.group ?? '') && values[name] === undefined)
  if (!left) return
  const group = left.spec.group!
  throw new ChangeoverError(
    'VALUE',
    `An edit of ${table.name} sets ${given.get(group)} of the group ${group} and leaves out ${left.name}.`,
    { remedy: 'An edit sets all columns of a group or none: they share one stamp.' },
  )
}

// What nobody writes is NULL in the new life; a merge that outlives the row, if it may be NULL, is left as it was.
function startsAfresh(slot: Slot): boolean {
  return slot.merge === 'last' || slot.merge === 'once' || !slot.spec.nullable
}

function erase(table: AnyTable, row: Cell[]): void {
  for (const slot of table.layout.slots.values()) {
    if (!slot.spec.pii || slot.stamp === undefined) continue
    row[slot.index] = null
    row[slot.stamp] = ERASED
  }
}

function nullFor(table: AnyTable, slot: Slot, kind: Operation['kind']): null {
  if (slot.spec.nullable) return null
  throw new ChangeoverError('VALUE', `${nameOf(table, slot)} is not nullable, and the ${kind} gives it no value.`, {
    remedy: 'Give a value, or declare the column .nullable() or with a .default().',
  })
}

function encode(table: AnyTable, slot: Slot, value: unknown): NonNullable<Cell> {
  const cell = value === null || value === undefined ? new Misfit('is not a key') : slot.spec.type.encode(value)
  if (!(cell instanceof Misfit)) return cell
  const shown = slot.spec.pii ? 'a personal value' : show(value)
  throw new ChangeoverError('VALUE', `${nameOf(table, slot)} is ${slot.spec.type.name}: ${shown} ${cell.reason}.`)
}

function refuseUnknown(table: AnyTable, given: Readonly<Record<string, unknown>>, isKey: boolean): void {
  for (const name of Object.keys(given)) {
    if (table.layout.slots.get(name)?.isKey === isKey) continue
    const known = Object.keys(isKey ? table.key : table.columns).join(', ')
    throw new ChangeoverError(
      'VALUE',
      `The ${table.kind} ${table.name} has no ${isKey ? 'key ' : ''}column ${JSON.stringify(name)}.`,
      {
        remedy: `It has ${known}.`,
      },
    )
  }
}

function nameOf(table: AnyTable, slot: Slot): string {
  return `${table.name}.${slot.name}`
}
