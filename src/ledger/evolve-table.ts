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
  const { known, changed, number } = progress
  const states = statesOf(table, known)
  const latest = states.at(-1)
  const description = describeTable(table)
  const isSame = latest !== undefined && canonicalJson(latest.description) === canonicalJson(description)
  if (isSame) return unchanged(table, latest.names)
  if (!changed.some(({ document }) => Object.hasOwn(document.tables, table.name))) {
    if (latest !== undefined) throw changedElsewhere(table, known)
    return unchanged(table, PLAIN_NAMES)
  }
  return evolved(table, states, description, number)
}

function evolved(
  table: AnyTable,
  states: readonly TableState[],
  description: TableDescription,
  number: number,
): EvolvedTable {
  const { names, changes, refusal } = evolve(states, description, number)
  if (refusal !== undefined) {
    throw refused(
      `The ${table.kind} ${table.name} cannot be changed in place: ${refusal}`,
      'Define it under another name and migrate into that, or migrate into a new database.',
    )
  }
  const latest = states.at(-1)
  const isRedefined = latest !== undefined && canonicalJson(latest.names) !== canonicalJson(names)
  return { table, names, changes, isRedefined }
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

// No migration of this config has changed the table, so one that is not in it has.
function changedElsewhere({ kind, name }: AnyTable, known: readonly Generation[]): Error {
  const other = known.findLast(({ document }) => Object.hasOwn(document.tables, name))!
  return refused(
    `The ${kind} ${name} has another definition in the migration ${other.document.migration} (generation ${other.number})`,
    'Share one definition of it between the migrations, and list them in one config.',
  )
}
