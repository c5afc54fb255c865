import { ownOf } from '../../core/index.ts'
import { fits } from '../types/widening.ts'
import type { ColumnDescription, TableDescription } from './description.ts'
import { freshColumn, freshStamp, PLAIN_NAMES, stampName, type PhysicalNames } from './names.ts'
import { physicalNames, stampedRegisters, type TableState } from './table-state.ts'

/** What becomes of a column, or of a table as a whole. */
export interface TableChange {
  /** The column; undefined where the table as a whole changes. */
  readonly column: string | undefined
  /** What changes and what that means, as the end of a sentence that begins with the column. */
  readonly what: string
  /** Whether past events must be replayed before the table is complete again. */
  readonly needsReplay: boolean
}

/** What a new definition means for a table. */
export interface Evolution {
  readonly names: PhysicalNames
  readonly changes: readonly TableChange[]
  /** Why the table cannot be changed in place; undefined when it can. */
  readonly refusal: string | undefined
}

/**
 * What a new definition means for a table. Columns and stamps of an unchanged register keep their physical names, so that old and new
 * workers write side by side. A register that changed starts over in physical columns whose names have the number of the generation,
 * so no value has two stamps. So does a column that was dropped before, so no old value comes back.
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

/** The physical names under the new definition. */
function namesAfter(
  states: readonly TableState[],
  { description: was, names: before }: TableState,
  now: TableDescription,
  generation: number,
): PhysicalNames {
  const used = new Set(states.flatMap(physicalNames))
  const kept = keptRegisters(was, now)
  const stamps = [...stampedRegisters(now).keys()].map((register): NameChoice => {
    const plain = stampName(register)
    const present = kept.has(register) ? (ownOf(before.stamps, register) ?? plain) : undefined
    return { logical: register, plain, present, fresh: freshStamp(register, generation) }
  })
  const columns = Object.entries(now.columns)
    .filter(([column]) => !now.key.includes(column))
    .map(([column, is]): NameChoice => {
      const isKept = keepsColumn(ownOf(was.columns, column), is, kept)
      const present = isKept ? (ownOf(before.columns, column) ?? column) : undefined
      return { logical: column, plain: column, present, fresh: freshColumn(column, generation) }
    })
  return { columns: chosenNames(columns, used), stamps: chosenNames(stamps, used) }
}

/** The names between which a column, or the stamp of a register, chooses. */
interface NameChoice {
  readonly logical: string
  readonly plain: string
  /** The name that it keeps; undefined where it is new or starts over. */
  readonly present: string | undefined
  /** The name for one that starts over. */
  readonly fresh: string
}

/** The chosen names that differ from the plain ones. */
function chosenNames(choices: readonly NameChoice[], used: ReadonlySet<string>): Record<string, string> {
  const chosen = choices.map(({ logical, plain, present, fresh }) => {
    const physical = present ?? (used.has(plain) ? fresh : plain)
    return { logical, physical, isPlain: physical === plain }
  })
  return Object.fromEntries(
    chosen.filter(({ isPlain }) => !isPlain).map(({ logical, physical }) => [logical, physical]),
  )
}

/** The registers whose stamps may be compared with those of the earlier definition. */
function keptRegisters(was: TableDescription, now: TableDescription): ReadonlySet<string> {
  const before = stampedRegisters(was)
  return new Set([...stampedRegisters(now)].filter(([name, how]) => before.get(name) === how).map(([name]) => name))
}

function keepsColumn(was: ColumnDescription | undefined, is: ColumnDescription, kept: ReadonlySet<string>): boolean {
  if (was === undefined || !isSameRegister(was, is) || !holds(was, is)) return false
  return is.register === undefined || kept.has(is.register)
}

function isSameRegister(a: ColumnDescription, b: ColumnDescription): boolean {
  return a.register === b.register && a.merge === b.merge && a.pii === b.pii
}

/**
 * Whether one physical column can hold the values of both definitions. Without a stamp, values of both are compared with each other
 * forever, so the type must be the same apart from its size.
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
      ? {
          column: undefined,
          what: 'keeps a history from now on, which is empty until it is migrated',
          needsReplay: true,
        }
      : {
          column: undefined,
          what: 'no longer keeps a history; what it held stays in its table, where no erasure reaches it, until apply --allow-destructive drops it',
          needsReplay: false,
        },
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
    return change(
      names.after === undefined ? 'is new' : 'was dropped before, and is now in a separate physical column',
      true,
    )
  }
  if (!isSameRegister(was, is) || !holds(was, is)) {
    const what = `was ${typeAndMerge(was)} and is now ${typeAndMerge(is)}, in a separate physical column`
    return change(`${what}; ${staying(names.before)}`, true)
  }
  if (was.default !== is.default) return change('has another default', true)
  if (was.type !== is.type) return change(`was ${was.type} and is now ${is.type}`, false)
  if (was.nullable !== is.nullable) return change(is.nullable ? 'may be NULL now' : 'may no longer be NULL', false)
  return []
}

/** Old values are not erased with the new ones. */
function staying(physical: string): string {
  return `its old values stay in ${physical}, where no erasure reaches them, until apply --allow-destructive drops it`
}

function typeAndMerge({ type, merge, register, pii }: ColumnDescription): string {
  return [type, merge, ...(register === undefined ? [] : [`register ${register}`]), ...(pii ? ['personal'] : [])].join(
    ', ',
  )
}

function keyRefusal(was: TableDescription, now: TableDescription): string | undefined {
  const [before, after] = [was.key.join(', '), now.key.join(', ')]
  if (before !== after) return `its key was ${before} and is now ${after}`
  // A narrower key stays as wide as it is in MySQL.
  const other = now.key.find((column) => {
    const [from, to] = [was.columns[column]!.sql, now.columns[column]!.sql]
    return fits(from, to) === 'other' && fits(to, from) === 'other'
  })
  if (other === undefined) return undefined
  return `its key column ${other} was ${was.columns[other]!.type} and is now ${now.columns[other]!.type}`
}
