import { ownOf } from '../../core/index.ts'
import { hasPast } from './definition.ts'
import type { TableDescription } from './description.ts'
import { stampName, tableNamesOf, writtenName, type PhysicalNames } from './names.ts'

/** A registered definition of a table, and the physical names of its columns. */
export interface TableState {
  readonly description: TableDescription
  readonly names: PhysicalNames
}

/** The registers with a stamp, each with what decides how its stamps compare and who may erase it. */
export function stampedRegisters({ columns }: TableDescription): ReadonlyMap<string, string> {
  const registers = new Map<string, string>()
  for (const { register, merge, pii } of Object.values(columns)) {
    if (register !== undefined) registers.set(register, `${merge} ${pii}`)
  }
  return registers
}

/** The physical names of a definition's columns and stamps. */
export function physicalNames({ description, names }: TableState): string[] {
  return [
    ...Object.keys(description.columns).map((column) => ownOf(names.columns, column) ?? column),
    ...[...stampedRegisters(description).keys()].map(
      (register) => ownOf(names.stamps, register) ?? stampName(register),
    ),
  ]
}

/** The columns that workers of a definition write to, by the name of the table in MySQL. */
export function physicalColumnsOf(name: string, state: TableState): ReadonlyMap<string, readonly string[]> {
  const { description, names } = state
  const { main, history } = tableNamesOf({ kind: description.kind, name })
  const past = Object.entries(description.columns)
    .filter(([column, { merge, pii }]) => hasPast({ isKey: description.key.includes(column), merge, isPersonal: pii }))
    .map(([column]) => ownOf(names.columns, column) ?? column)
  return new Map([
    [main, physicalNames(state)],
    ...(description.history ? [[history, [...past, ...past.map(writtenName)]] as const] : []),
  ])
}
