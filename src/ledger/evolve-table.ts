import { canonicalJson, ownOf } from '../core/index.ts'
import type { Definition } from '../mapping/index.ts'
import {
  describeTable,
  evolve,
  PLAIN_NAMES,
  type AnyTable,
  type PhysicalNames,
  type TableChange,
  type TableDescription,
  type TableState,
} from '../star/index.ts'
import type { Generation } from './generations.ts'
import { refused } from './register-checks.ts'

/** A table under the definitions of the config, and how it differs from what was registered. */
export interface EvolvedTable {
  readonly table: AnyTable
  readonly names: PhysicalNames
  readonly changes: readonly TableChange[]
  /** Whether its columns have other physical names than under the latest definition. */
  readonly isRedefined: boolean
}

/** What is registered, and what is to be. */
export interface Progress {
  /** All generations of the warehouse, the earliest first. */
  readonly known: readonly Generation[]
  /** The definitions of the config that differ from the latest ones of their migrations. */
  readonly changed: readonly Definition[]
  /** The number of the first new generation. */
  readonly number: number
  /** Whether the changed definitions go back to ones that were registered before. */
  readonly rollBack: boolean
  /** The names of tables that are without something that a registered definition has filled. */
  readonly lost: ReadonlySet<string>
}

const LOST: TableChange = Object.freeze({
  column: undefined,
  what: 'is without something that it held, and begins empty there',
  needsReplay: true,
})

/** Decides which physical columns a table has from now on. Throws a ChangeoverError `SCHEMA` for a table that must be rebuilt. */
export function evolveTable(table: AnyTable, progress: Progress): EvolvedTable {
  const goesOn = evolvedTable(table, progress)
  return progress.lost.has(table.name) ? { ...goesOn, changes: [LOST, ...goesOn.changes] } : goesOn
}

function evolvedTable(table: AnyTable, progress: Progress): EvolvedTable {
  const { known, changed, number, rollBack } = progress
  const states = statesOf(table, known)
  const latest = states.at(-1)
  const description = describeTable(table)
  const isSame = latest !== undefined && canonicalJson(latest.description) === canonicalJson(description)
  if (isSame && !rollBack) return unchanged(table, latest.names)
  if (!changed.some(({ document }) => Object.hasOwn(document.tables, table.name))) {
    if (!isSame && latest !== undefined) throw changedElsewhere(table, known)
    return unchanged(table, latest?.names ?? PLAIN_NAMES)
  }
  return evolved(table, states, description, number, rollBack ? earlierNames(table.name, known, changed) : undefined)
}

function evolved(
  table: AnyTable,
  states: readonly TableState[],
  description: TableDescription,
  number: number,
  earlier: PhysicalNames | undefined,
): EvolvedTable {
  const { names: next, changes, refusal } = evolve(states, description, number)
  // A key that a later definition has widened holds what an earlier one has.
  if (refusal !== undefined && earlier === undefined) {
    throw refused(
      `The ${table.kind} ${table.name} cannot be changed in place: ${refusal}`,
      'Define it under another name and migrate into that, or migrate into a new database.',
    )
  }
  const names = earlier ?? next
  const latest = states.at(-1)
  const isRedefined = latest !== undefined && canonicalJson(latest.names) !== canonicalJson(names)
  // Nothing has been written there since, even where the columns have the same logical names.
  const missed: TableChange[] =
    earlier !== undefined && isRedefined
      ? [{ column: undefined, what: 'goes back to columns that later events have not written to', needsReplay: true }]
      : []
  return { table, names, changes: [...missed, ...changes], isRedefined }
}

function unchanged(table: AnyTable, names: PhysicalNames): EvolvedTable {
  return { table, names, changes: [], isRedefined: false }
}

/** All registered definitions of a table, by any migration, the earliest first. */
function statesOf({ name, kind }: AnyTable, known: readonly Generation[]): TableState[] {
  return known.flatMap(({ document, names }): TableState[] => {
    const description = ownOf(document.tables, name)
    return description?.kind === kind ? [{ description, names: ownOf(names, name) ?? PLAIN_NAMES }] : []
  })
}

/** The physical names that a table had under the definition that a migration goes back to. */
function earlierNames(
  table: string,
  known: readonly Generation[],
  changed: readonly Definition[],
): PhysicalNames | undefined {
  const fingerprints = new Set(
    changed.filter(({ document }) => Object.hasOwn(document.tables, table)).map(({ fingerprint }) => fingerprint),
  )
  const earlier = known.findLast(({ fingerprint }) => fingerprints.has(fingerprint))
  return earlier && ownOf(earlier.names, table)
}

// No migration of this config has changed the table, so one that is not in it has.
function changedElsewhere({ kind, name }: AnyTable, known: readonly Generation[]): Error {
  const other = known.findLast(({ document }) => Object.hasOwn(document.tables, name))!
  return refused(
    `The ${kind} ${name} has another definition in the migration ${other.document.migration} (generation ${other.number})`,
    'Share one definition of it between the migrations, and list them in one config.',
  )
}
