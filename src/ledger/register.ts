import { definitionOf, tablesOf, type Definition, type Migration } from '../mapping/index.ts'
import { MAX_GENERATION, namedTable, type AnyTable } from '../star/index.ts'
import { countingAfter } from './counting.ts'
import { migrationChanges, ofTable, sameDefinitionChanges, type DefinitionChange } from './definition-changes.ts'
import { evolveTable, type EvolvedTable } from './evolve-table.ts'
import { generationsOf, type Generation } from './generations.ts'
import { checkProgress, refused } from './register-checks.ts'

/** A generation to be written, with the text of its definition. */
export interface NewGeneration {
  readonly generation: Generation
  readonly text: string
}

/** What the definitions of a config mean for a warehouse that knows others. */
export interface Registration {
  /** Those that are not registered yet. */
  readonly generations: readonly NewGeneration[]
  /** All tables, with the physical names of their columns. */
  readonly tables: readonly AnyTable[]
  /** The names of the tables whose columns have other physical names than before. */
  readonly redefined: ReadonlySet<string>
  readonly changes: readonly DefinitionChange[]
}

/** How definitions are registered. */
export interface RegisterOptions {
  /** Whether each changed definition goes back to one that was registered before. */
  readonly rollBack: boolean
  readonly now: Date
  /**
   * The names of tables that are without something that a registered definition has filled: definitions with such a table are registered
   * again, so that what is lost is replayed.
   *
   * @defaultValue none
   */
  readonly lost?: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Decides which numbers the changed definitions of a config get, and which physical columns their tables have. Throws a ChangeoverError
 * `SCHEMA` for a change that no number can express, with what to do instead.
 *
 * @param known all generations of the warehouse, the earliest first
 */
export function register(
  known: readonly Generation[],
  migrations: readonly Migration[],
  { rollBack, now, lost = NONE }: RegisterOptions,
): Registration {
  const definitions = migrations.map(definitionOf)
  const changed = definitions.filter((each) => latestOf(known, each)?.fingerprint !== each.fingerprint)
  for (const definition of changed) {
    checkProgress(definition, generationsOf(known, definition.document.migration), known, definitions, rollBack)
  }
  const numbered = definitions.filter((each) => changed.includes(each) || hasTableOf(each, lost))
  const number = firstNumber(known, numbered.length)
  const evolved = tablesOf(migrations).map((table) => evolveTable(table, { known, changed, number, lost }))
  return {
    generations: numbered.map((definition, i) =>
      newGeneration(definition, latestOf(known, definition), evolved, number + i, now),
    ),
    tables: evolved.map(({ table, names }) => namedTable(table, names)),
    redefined: namesOf(evolved.filter(({ isRedefined }) => isRedefined)),
    changes: [
      ...definitions.flatMap((definition) => {
        const latest = latestOf(known, definition)
        return latest === undefined || changed.includes(definition)
          ? migrationChanges(definition, latest)
          : sameDefinitionChanges(definition, latest)
      }),
      ...evolved.flatMap(({ table, changes }) => changes.map((change) => ofTable(table.name, change))),
    ],
  }
}

function hasTableOf({ document }: Definition, tables: ReadonlySet<string>): boolean {
  return Object.keys(document.tables).some((table) => tables.has(table))
}

function latestOf(known: readonly Generation[], { document }: Definition): Generation | undefined {
  return generationsOf(known, document.migration).at(-1)
}

function firstNumber(known: readonly Generation[], count: number): number {
  const first = (known.at(-1)?.number ?? 0) + 1
  if (count > 0 && first + count - 1 > MAX_GENERATION) {
    throw refused(`The warehouse has had ${MAX_GENERATION} definitions, the most that it can number`)
  }
  return first
}

function newGeneration(
  { document, fingerprint, text, texts }: Definition,
  before: Generation | undefined,
  evolved: readonly EvolvedTable[],
  number: number,
  appliedAt: Date,
): NewGeneration {
  const replayed = namesOf(evolved.filter(({ changes }) => changes.some(({ needsReplay }) => needsReplay)))
  const namesByTable = new Map(evolved.map(({ table, names }) => [table.name, names]))
  const names = Object.fromEntries(Object.keys(document.tables).map((table) => [table, namesByTable.get(table)!]))
  const counting = countingAfter(before, { document, texts }, replayed, number)
  return { text, generation: { number, fingerprint, document, texts, names, counting, appliedAt } }
}

function namesOf(evolved: readonly EvolvedTable[]): ReadonlySet<string> {
  return new Set(evolved.map(({ table }) => table.name))
}
