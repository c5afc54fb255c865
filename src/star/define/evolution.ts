import { ownOf } from '../../core/index.ts'
import { fits } from '../types/widening.ts'
import { hasPast } from './definition.ts'
import type { ColumnDescription, TableDescription } from './description.ts'
import {
  freshColumn,
  freshStamp,
  PLAIN_NAMES,
  stampName,
  writtenName,
  type PhysicalNames,
  tableNamesOf,
} from './names.ts'

/** A definition of a table that was registered once, and the names that its columns had in MySQL. */
export interface TableState {
  readonly description: TableDescription
  readonly names: PhysicalNames
}

/** What becomes of a column, or of a table as a whole. */
export interface TableChange {
  /** The column; undefined where the table as a whole changes. */
  readonly column: string | undefined
  /** What changes and what that means, as the end of a sentence that begins with the column. */
  readonly what: string
  /** Whether past events must be replayed before the table is complete again. */
  readonly needsReplay: boolean
}

/** How a table goes on under a new definition. */
export interface Evolution {
  readonly names: PhysicalNames
  readonly changes: readonly TableChange[]
  /** Why the table cannot go on; undefined when it can. */
  readonly refusal: string | undefined
}

/**
 * How a table goes on. Columns and stamps of an unchanged register keep their names, so that old and new workers write side by side.
 * Whatever an earlier definition wrote in another way begins anew under names with the number of the generation, and so does a column
 * that was dropped: no value has two stamps, and no old value comes back.
 *
 * @param states all registered definitions of the table, the earliest first
 */
export function evolve(states: readonly TableState[], now: TableDescription, generation: number): Evolution {
  const latest = states.at(-1)
  if (latest === undefined) {
    return {
      names: PLAIN_NAMES,
      changes: [{ column: undefined, what: 'is new', needsReplay: true }],
      refusal: undefined,
    }
  }
  const { description: was } = latest
  const names = namesAfter(states, latest, now, generation)
  const columns = [...new Set([...Object.keys(was.columns), ...Object.keys(now.columns)])].toSorted()
  return {
    names,
    changes: [
      ...historyChanges(was, now),
      ...columns.flatMap((column) =>
        columnChanges(column, ownOf(was.columns, column), ownOf(now.columns, column), {
          before: ownOf(latest.names.columns, column) ?? column,
          after: ownOf(names.columns, column),
        }),
      ),
    ],
    refusal: keyRefusal(was, now),
  }
}

function namesAfter(
  states: readonly TableState[],
  latest: TableState,
  now: TableDescription,
  generation: number,
): PhysicalNames {
  const used = new Set(states.flatMap(namesIn))
  const kept = keptRegisters(latest.description, now)
  const columns: Record<string, string> = {}
  const stamps: Record<string, string> = {}
  const note = (into: Record<string, string>, name: string, plain: string, physical: string): void => {
    if (physical !== plain) into[name] = physical
  }
  for (const register of registersOf(now).keys()) {
    const plain = stampName(register)
    const before = ownOf(latest.names.stamps, register) ?? plain
    note(
      stamps,
      register,
      plain,
      kept.has(register) ? before : used.has(plain) ? freshStamp(register, generation) : plain,
    )
  }
  for (const [column, is] of Object.entries(now.columns)) {
    if (now.key.includes(column)) continue
    const was = ownOf(latest.description.columns, column)
    const goesOn = was !== undefined && isSameRegister(was, is) && holds(was, is) && keepsStamp(is, kept)
    const before = ownOf(latest.names.columns, column) ?? column
    note(columns, column, column, goesOn ? before : used.has(column) ? freshColumn(column, generation) : column)
  }
  return { columns, stamps }
}

/** The columns that workers of a definition write to, by the name of the table in MySQL. */
export function physicalColumnsOf(name: string, state: TableState): ReadonlyMap<string, readonly string[]> {
  const { description, names } = state
  const { main, history } = tableNamesOf({ kind: description.kind, name })
  const past = Object.entries(description.columns)
    .filter(([column, { merge, pii }]) => hasPast({ isKey: description.key.includes(column), merge, isPersonal: pii }))
    .map(([column]) => ownOf(names.columns, column) ?? column)
  return new Map([
    [main, namesIn(state)],
    ...(description.history ? [[history, [...past, ...past.map(writtenName)]] as const] : []),
  ])
}

/** All names in MySQL that a definition of the table had. */
function namesIn({ description, names }: TableState): string[] {
  return [
    ...Object.keys(description.columns).map((column) => ownOf(names.columns, column) ?? column),
    ...[...registersOf(description).keys()].map((register) => ownOf(names.stamps, register) ?? stampName(register)),
  ]
}

/** The registers with a stamp, each with what decides how its stamps compare and who may erase it. */
function registersOf({ columns }: TableDescription): Map<string, string> {
  const registers = new Map<string, string>()
  for (const { register, merge, pii } of Object.values(columns)) {
    if (register !== undefined) registers.set(register, `${merge} ${pii}`)
  }
  return registers
}

function keptRegisters(was: TableDescription, now: TableDescription): ReadonlySet<string> {
  const before = registersOf(was)
  return new Set([...registersOf(now)].filter(([name, how]) => before.get(name) === how).map(([name]) => name))
}

function keepsStamp({ register }: ColumnDescription, kept: ReadonlySet<string>): boolean {
  return register === undefined || kept.has(register)
}

function isSameRegister(a: ColumnDescription, b: ColumnDescription): boolean {
  return a.register === b.register && a.merge === b.merge && a.pii === b.pii
}

/**
 * Whether a column of the first type holds the values of the second. Without a stamp, values of both stay for good and are compared
 * with each other, so the type must be the same apart from its size.
 */
function holds(was: ColumnDescription, is: ColumnDescription): boolean {
  const fit = fits(was.sql, is.sql)
  if (fit === 'other') return false
  return is.register !== undefined || was.type === is.type || familyOf(was.type) === familyOf(is.type)
}

function familyOf(type: string): string {
  return type === 'bigint' ? 'int' : type.replace(/\(.*/s, '')
}

function historyChanges(was: TableDescription, now: TableDescription): TableChange[] {
  if (was.history === now.history) return []
  return [
    now.history
      ? { column: undefined, what: 'keeps a history from now on, which is empty until migrated', needsReplay: true }
      : { column: undefined, what: 'keeps no history any more', needsReplay: false },
  ]
}

function columnChanges(
  column: string,
  was: ColumnDescription | undefined,
  is: ColumnDescription | undefined,
  names: { readonly before: string; readonly after: string | undefined },
): TableChange[] {
  const change = (what: string, needsReplay: boolean): TableChange[] => [{ column, what, needsReplay }]
  if (is === undefined) return change(`is dropped; ${staying(names.before)}`, false)
  if (was === undefined) {
    return change(names.after === undefined ? 'is new' : 'was dropped once, and begins anew', true)
  }
  if (!isSameRegister(was, is) || !holds(was, is)) {
    return change(`was ${said(was)} and is now ${said(is)}, so it begins anew; ${staying(names.before)}`, true)
  }
  if (was.default !== is.default) return change('has another default', true)
  if (was.type !== is.type) return change(`was ${was.type} and is now ${is.type}`, false)
  if (was.nullable !== is.nullable) return change(is.nullable ? 'may be NULL now' : 'may not be NULL any more', false)
  return []
}

/** Old values are not erased with the new ones. */
function staying(physical: string): string {
  return `its old values stay in ${physical}, where no erasure reaches them, until apply --allow-destructive drops it`
}

function said({ type, merge, register, pii }: ColumnDescription): string {
  return [type, merge, ...(register === undefined ? [] : [`register ${register}`]), ...(pii ? ['personal'] : [])].join(
    ', ',
  )
}

function keyRefusal(was: TableDescription, now: TableDescription): string | undefined {
  const [before, after] = [was.key.join(', '), now.key.join(', ')]
  if (before !== after) return `its key was ${before} and is now ${after}`
  const other = now.key.find((column) => fits(was.columns[column]!.sql, now.columns[column]!.sql) === 'other')
  if (other === undefined) return undefined
  return `its key column ${other} was ${was.columns[other]!.type} and is now ${now.columns[other]!.type}`
}
