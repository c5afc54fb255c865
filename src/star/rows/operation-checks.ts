import { ChangeoverError } from '../../core/index.ts'
import type { Cell } from '../types/cell.ts'
import { Misfit, show } from '../types/data-type.ts'
import type { Slot } from './layout.ts'
import type { Operation, TargetTable } from './operation.ts'

/** A value as a cell of its column. Throws a ChangeoverError `VALUE` that names table, column, value and limit. */
export function cellOf(table: TargetTable, slot: Slot, value: unknown): NonNullable<Cell> {
  const cell = value === null || value === undefined ? new Misfit('cannot be a key') : slot.type.encode(value)
  if (!(cell instanceof Misfit)) return cell
  const shown = slot.isPersonal ? 'a personal value' : show(value)
  throw new ChangeoverError('VALUE', `${nameOf(table, slot)} is ${slot.type.name}: ${shown} ${cell.reason}.`)
}

export function assertNullable(table: TargetTable, slot: Slot, kind: Operation['kind']): void {
  if (slot.nullable) return
  throw new ChangeoverError('VALUE', `${nameOf(table, slot)} is not nullable, but the ${kind} has no value for it.`, {
    remedy: 'Pass a value, or declare the column .nullable() or with a .default().',
  })
}

export function assertEditable(table: TargetTable, slot: Slot): void {
  if (slot.merge !== 'once') return
  throw new ChangeoverError(
    'VALUE',
    `${nameOf(table, slot)} is fixed by the key of the fact; an edit cannot change it.`,
    { remedy: 'Write it in the create, or use another merge for the column, such as .last().' },
  )
}

/** Checks that the names given for the key, or for the other columns, exist. */
export function assertKnownColumns(table: TargetTable, given: Operation['values'], isKey: boolean): void {
  const { slots } = table.layout
  for (const name of Object.keys(given)) {
    if (slots.get(name)?.isKey === isKey) continue
    const known = [...slots.values()].filter((slot) => slot.isKey === isKey).map((slot) => slot.name)
    throw new ChangeoverError(
      'VALUE',
      `The ${table.kind} ${table.name} has no ${isKey ? 'key ' : ''}column ${JSON.stringify(name)}.`,
      { remedy: known.length === 0 ? 'Define it, or leave it out.' : `Use one of these: ${known.join(', ')}.` },
    )
  }
}

/** Checks that an edit sets all columns of a group or none. */
export function assertWholeGroups(table: TargetTable, values: Operation['values']): void {
  const slots = [...table.layout.slots.values()]
  const given = new Map(
    slots.flatMap(({ name, group }) => (group !== undefined && values[name] !== undefined ? [[group, name]] : [])),
  )
  const missing = slots.find(({ name, group }) => given.has(group ?? '') && values[name] === undefined)
  if (!missing) return
  const group = missing.group!
  throw new ChangeoverError(
    'VALUE',
    `An edit of ${table.name} sets ${given.get(group)} of the group ${group} but leaves out ${missing.name}.`,
    { remedy: 'Set all columns of a group in one edit, or none: they share one stamp.' },
  )
}

function nameOf(table: TargetTable, slot: Slot): string {
  return `${table.name}.${slot.name}`
}
