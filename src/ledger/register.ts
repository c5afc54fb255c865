import { canonicalJson, ownOf } from '../core/index.ts'
import { definitionOf, tablesOf, type Definition, type Migration } from '../mapping/index.ts'
import {
  describeTable,
  evolve,
  MAX_GENERATION,
  namedTable,
  PLAIN_NAMES,
  type AnyTable,
  type PhysicalNames,
  type TableChange,
  type TableState,
} from '../star/index.ts'
import { countingAfter } from './counting.ts'
import { generationsOf, type Generation } from './generations.ts'
import { checkProgress, refused } from './register-checks.ts'

/** A change of a definition. */
export interface DefinitionChange {
  /** `The table file: the column bytes`, or `The migration history`. */
  readonly subject: string
  /** The end of the sentence. */
  readonly what: string
  /** The table, where one changes. */
  readonly table: string | undefined
  readonly column: string | undefined
  /** Whether past events must be replayed before what changes is complete again. */
  readonly needsReplay: boolean
}

/** A generation to be written, with the text of its definition. */
export interface NewGeneration {
  readonly generation: Generation
  readonly text: string
}

/** What definitions mean for a warehouse that knows others. */
export interface Registration {
  /** Those that are not registered yet. */
  readonly generations: readonly NewGeneration[]
  /** All tables under the names of their columns. */
  readonly tables: readonly AnyTable[]
  /** The names of tables whose columns are not where they were. */
  readonly redefined: ReadonlySet<string>
  readonly changes: readonly DefinitionChange[]
}

/**
 * Decides under which numbers definitions go on, and which columns they have. Throws a ChangeoverError `SCHEMA` for a change that no
 * number can express, with what to do instead.
 *
 * @param known all definitions of the warehouse, the earliest first
 * @param options.rollBack whether each definition goes back to one that was registered before, its columns included
 */
export function register(
  known: readonly Generation[],
  migrations: readonly Migration[],
  { rollBack, now }: { readonly rollBack: boolean; readonly now: Date },
): Registration {
  const definitions = migrations.map(definitionOf)
  const changed = definitions.filter((each) => latestOf(known, each)?.fingerprint !== each.fingerprint)
  for (const definition of changed)
    checkProgress(definition, generationsOf(known, definition.document.migration), known, definitions, rollBack)
  const first = (known.at(-1)?.number ?? 0) + 1
  if (changed.length > 0 && first + changed.length - 1 > MAX_GENERATION) {
    throw refused(`The warehouse has had ${MAX_GENERATION} definitions, the most that it can number`)
  }
  const evolved = tablesOf(migrations).map((table) => evolveTable(table, known, changed, first, rollBack))
  const changedTables = new Map(evolved.map(({ table, changes }) => [table.name, changes]))
  const names = new Map(evolved.map(({ table, names: of }) => [table.name, of]))
  const replayed = new Set(
    evolved.filter(({ changes }) => changes.some(({ needsReplay }) => needsReplay)).map(({ table }) => table.name),
  )
  const generations = changed.map((definition, i): NewGeneration => {
    const { document, fingerprint, text, texts } = definition
    const number = first + i
    return {
      text,
      generation: {
        number,
        fingerprint,
        document,
        texts,
        names: Object.fromEntries(Object.keys(document.tables).map((table) => [table, names.get(table)!])),
        counting: countingAfter(latestOf(known, definition), definition, replayed, number),
        appliedAt: now,
      },
    }
  })
  return {
    generations,
    tables: evolved.map(({ table, names: of }) => namedTable(table, of)),
    redefined: new Set(evolved.filter(({ isRedefined }) => isRedefined).map(({ table }) => table.name)),
    changes: [
      ...changed.flatMap((definition) => migrationChanges(definition, latestOf(known, definition))),
      ...[...changedTables].flatMap(([table, changes]) => changes.map((change) => said(table, change))),
    ],
  }
}

function latestOf(known: readonly Generation[], { document }: Definition): Generation | undefined {
  return generationsOf(known, document.migration).at(-1)
}

interface EvolvedTable {
  readonly table: AnyTable
  readonly names: PhysicalNames
  readonly changes: readonly TableChange[]
  readonly isRedefined: boolean
}

function evolveTable(
  table: AnyTable,
  known: readonly Generation[],
  changed: readonly Definition[],
  number: number,
  rollBack: boolean,
): EvolvedTable {
  const { name } = table
  const states = known.flatMap(({ document, names }): TableState[] => {
    const description = ownOf(document.tables, name)
    return description?.kind === table.kind ? [{ description, names: ownOf(names, name) ?? PLAIN_NAMES }] : []
  })
  const latest = states.at(-1)
  const description = describeTable(table)
  const isSame = latest !== undefined && canonicalJson(latest.description) === canonicalJson(description)
  if (isSame && !rollBack) return { table, names: latest.names, changes: [], isRedefined: false }
  if (!changed.some(({ document }) => Object.hasOwn(document.tables, name))) {
    // No migration of this config has it in another form than before, so one of another config has.
    if (isSame || latest === undefined)
      return { table, names: latest?.names ?? PLAIN_NAMES, changes: [], isRedefined: false }
    const other = known.findLast(({ document }) => Object.hasOwn(document.tables, name))!
    throw refused(
      `The ${table.kind} ${name} is defined otherwise by the migration ${other.document.migration} (generation ${other.number})`,
      'Share one definition of it between the migrations, and list them in one config.',
    )
  }
  const back = rollBack ? goingBack(name, known, changed) : undefined
  const { names, changes, refusal } = evolve(states, description, number)
  if (refusal !== undefined) {
    throw refused(
      `The ${table.kind} ${name} cannot go on: ${refusal}`,
      'Define it under another name and migrate into that, or rebuild it: drop its tables and migrate again.',
    )
  }
  const goesTo = back ?? names
  const isRedefined = latest !== undefined && canonicalJson(latest.names) !== canonicalJson(goesTo)
  // Nothing has been written there since, even where the columns are the same ones by name.
  const missed: TableChange[] =
    back !== undefined && isRedefined
      ? [{ column: undefined, what: 'goes back to columns that later events have not written to', needsReplay: true }]
      : []
  return { table, names: goesTo, changes: [...missed, ...changes], isRedefined }
}

/** The names that the columns of a table had under the definition that a migration goes back to. */
function goingBack(
  table: string,
  known: readonly Generation[],
  changed: readonly Definition[],
): PhysicalNames | undefined {
  const fingerprints = new Set(
    changed.filter(({ document }) => Object.hasOwn(document.tables, table)).map((each) => each.fingerprint),
  )
  const earlier = known.findLast(({ fingerprint }) => fingerprints.has(fingerprint))
  return earlier && ownOf(earlier.names, table)
}

function migrationChanges({ document, texts }: Definition, before: Generation | undefined): DefinitionChange[] {
  const subject = `The migration ${document.migration}`
  const change = (what: string, needsReplay: boolean): DefinitionChange => ({
    subject,
    what,
    table: undefined,
    column: undefined,
    needsReplay,
  })
  if (before === undefined) return [change('is new', true)]
  const was = before.document
  const isHandled = (type: string): boolean => was.handled.includes(type)
  const rewritten = document.handled.filter(
    (type) => isHandled(type) && ownOf(before.texts.handlers, type) !== ownOf(texts.handlers, type),
  )
  return [
    ...(was.revision === document.revision
      ? []
      : [change(`has the revision ${document.revision}, after ${was.revision}`, true)]),
    ...(was.capture === document.capture ? [] : [change('lets other fields of an event leave the host', true)]),
    ...(canonicalJson(was.source) === canonicalJson(document.source) ? [] : [change('reads events otherwise', true)]),
    ...(before.texts.include === texts.include ? [] : [change('includes events by another function', true)]),
    ...document.handled
      .filter((type) => !isHandled(type))
      .map((type) => change(`handles the event type ${type}`, true)),
    ...was.handled
      .filter((type) => !document.handled.includes(type))
      .map((type) => change(`no longer handles the event type ${type}`, false)),
    ...rewritten.map((type) => change(`has another handler of ${type}`, true)),
  ]
}

function said(table: string, { column, what, needsReplay }: TableChange): DefinitionChange {
  const subject = column === undefined ? `The table ${table}` : `The table ${table}: the column ${column}`
  return { subject, what, table, column, needsReplay }
}
