import fc from 'fast-check'
import { column as c, defineMigration, dimension, fact, group } from '../../src/exports/index.ts'
import { compile, definitionOf, type CompiledMigration, type Migration } from '../../src/mapping/index.ts'
import { register } from '../../src/ledger/register.ts'
import type { Generation } from '../../src/ledger/index.ts'
import type { Column } from '../../src/star/define/column.ts'

/*
 * Definitions that change at random among all that `apply` accepts: columns that come, go and come again, in another order, of another
 * type or merge, personal or not, in a group or out of it; histories that are turned on and off; fields that do not leave the host.
 */

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
type Name = (typeof NAMES)[number]
const GROUPS = ['left', 'right'] as const
/** Columns that merge without a stamp keep what an earlier definition wrote, so nothing of these may be withheld. */
const WITHHELD: Name = 'e'

interface ColumnChoice {
  readonly name: Name
  readonly type: 'short' | 'long' | 'int'
  readonly merge: 'last' | 'first' | 'min' | 'max'
  readonly pii: boolean
  readonly group: (typeof GROUPS)[number] | undefined
}

export interface DefinitionChoice {
  readonly columns: readonly ColumnChoice[]
  readonly measures: readonly ColumnChoice[]
  readonly history: boolean
  readonly withholds: boolean
}

export interface ChangingEvent {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'created' | 'edited' | 'deleted' | 'erased'
  readonly id: number
  /** Which registers an edit writes. */
  readonly edits: readonly string[]
  readonly payload: Readonly<Record<Name, number | null>>
}

const column = (merges: fc.Arbitrary<ColumnChoice['merge']>): fc.Arbitrary<Omit<ColumnChoice, 'name'>> =>
  fc.record({
    type: fc.constantFrom('short', 'short', 'long', 'int'),
    merge: merges,
    pii: fc.boolean(),
    group: fc.constantFrom(undefined, undefined, ...GROUPS),
  })

const columns = (merges: fc.Arbitrary<ColumnChoice['merge']>): fc.Arbitrary<ColumnChoice[]> =>
  fc
    .tuple(fc.shuffledSubarray([...NAMES], { minLength: 1 }), fc.tuple(...NAMES.map(() => column(merges))))
    .map(([names, choices]) => names.map((name) => possible({ name, ...choices[NAMES.indexOf(name)]! })))

/** The nearest choice that can be defined. */
function possible(choice: ColumnChoice): ColumnChoice {
  const { name, group: of } = choice
  const merge = name === WITHHELD && (choice.merge === 'min' || choice.merge === 'max') ? 'last' : choice.merge
  const isStamped = merge === 'last' || merge === 'first'
  // One merge and one kind of data per group.
  if (of !== undefined && isStamped) return { ...choice, merge: of === 'left' ? 'last' : 'first', pii: false }
  return { ...choice, merge, pii: choice.pii && isStamped, group: undefined }
}

export const definitions: fc.Arbitrary<DefinitionChoice> = fc.record({
  columns: columns(fc.constantFrom('last', 'last', 'last', 'first', 'min', 'max')),
  measures: columns(fc.constantFrom('last', 'last', 'last', 'first', 'min')),
  history: fc.boolean(),
  withholds: fc.boolean(),
})

/** A definition and the one after it: mostly a small change. */
export const sequences: fc.Arbitrary<DefinitionChoice[]> = fc
  .array(
    fc.record({
      next: definitions,
      part: fc.constantFrom('columns', 'measures', 'history', 'withholds', 'order', 'one', 'one', 'all'),
      which: fc.nat(9),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((steps) =>
    definitions.map((first) => {
      const made = [first]
      for (const { next, part, which } of steps) made.push(changed(made.at(-1)!, next, part, which))
      return made
    }),
  )

function changed(was: DefinitionChoice, next: DefinitionChoice, part: string, which: number): DefinitionChoice {
  switch (part) {
    case 'all':
      return next
    case 'order':
      return { ...was, columns: was.columns.toReversed(), measures: was.measures.toReversed() }
    case 'one': {
      const one = next.columns[which % next.columns.length]!
      const rest = was.columns.filter(({ name }) => name !== one.name)
      const isDropped = which > 6 && rest.length > 0
      return { ...was, columns: isDropped ? rest : [one, ...rest] }
    }
    default:
      return { ...was, [part]: next[part as keyof DefinitionChoice] }
  }
}

function typeOf({ type }: ColumnChoice): Column {
  return type === 'int' ? c.int() : c.varchar(type === 'short' ? 20 : 40)
}

function defined(choice: ColumnChoice, isFact: boolean): [string, Column] {
  const { name, merge, pii, group: of } = choice
  let made: Column = typeOf(choice).nullable()
  // A `last` of a fact is its content where nothing else is said.
  if (!(isFact && merge === 'last')) made = made[merge]()
  if (pii) made = made.pii()
  return of === undefined ? [name, made] : (Object.entries(group(of, { [name]: made }))[0] as [string, Column])
}

/** A column's value is a function of the event and the type alone, as one definition after another would have it. */
function valueOf(event: ChangingEvent, { name, type }: ColumnChoice): number | string | null {
  const value = event.payload[name] ?? null
  return value === null ? null : type === 'int' ? value : `${name}${value}`
}

export function migrationOf(choice: DefinitionChoice, name = 'changing'): Migration {
  const { columns: of, measures, history, withholds } = choice
  const hasPast = history && of.some(({ merge, pii }) => merge === 'last' && !pii)
  const thing = dimension('thing', {
    key: { id: c.int() },
    columns: Object.fromEntries(of.map((each) => defined(each, false))),
    history: hasPast,
  })
  const deed = fact('deed', {
    key: { id: c.int() },
    measures: Object.fromEntries(measures.map((each) => defined(each, true))),
  })
  const all = (event: ChangingEvent, choices: readonly ColumnChoice[]) =>
    Object.fromEntries(choices.map((each) => [each.name, valueOf(event, each)]))
  const edited = (event: ChangingEvent, choices: readonly ColumnChoice[]) =>
    all(
      event,
      choices.filter((each) => event.edits.includes(each.group ?? each.name)),
    )
  const editable = measures.filter(({ merge, group: grouped }) => merge !== 'last' && grouped === undefined)
  return defineMigration<ChangingEvent>()({
    name,
    source: {
      collection: 'events',
      type: 'type',
      order: 'seq',
      time: 'at',
      ...(withholds ? { omit: [`payload.${WITHHELD}`] } : {}),
    },
    tables: { thing, deed },
    on: {
      created: (e) => [
        thing.create({ id: e.id }, all(e, of) as never),
        deed.create({ id: e._id }, all(e, measures) as never),
      ],
      edited: (e) => [
        thing.edit({ id: e.id }, edited(e, of) as never),
        deed.edit({ id: e._id % 3 }, edited(e, editable) as never),
      ],
      deleted: (e) => [thing.delete({ id: e.id }), deed.delete({ id: e._id % 3 })],
      erased: (e) => [thing.erase({ id: e.id }), deed.erase({ id: e._id % 3 })],
    },
  })
}

export const events: fc.Arbitrary<ChangingEvent[]> = fc
  .array(
    fc.record({
      seq: fc.nat(6),
      at: fc.nat(3).map((days) => new Date(Date.UTC(2024, 1, 28 + days))),
      type: fc.constantFrom<ChangingEvent['type']>('created', 'created', 'edited', 'edited', 'deleted', 'erased'),
      id: fc.nat(1),
      edits: fc.subarray([...NAMES, ...GROUPS]),
      payload: fc.record(
        Object.fromEntries(NAMES.map((name) => [name, fc.option(fc.nat(9))])) as Record<
          Name,
          fc.Arbitrary<number | null>
        >,
      ),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((all) => all.map((event, _id) => ({ _id, ...event })))

/** A definition in the order in which definitions were applied, and what the warehouse made of it. */
export interface Applied {
  readonly migration: Migration
  readonly compiled: CompiledMigration
  readonly known: readonly Generation[]
}

/** Registers definitions one after the other; one that was registered before is gone back to. */
export function applyAll(choices: readonly DefinitionChoice[], names: readonly string[] = ['changing']): Applied[][] {
  let known: readonly Generation[] = []
  return choices.map((choice) => {
    const migrations = names.map((name) => migrationOf(choice, name))
    const latest = names.map((name) => known.findLast(({ document }) => document.migration === name))
    const fingerprints = migrations.map((migration) => definitionOf(migration).fingerprint)
    const isLatest = fingerprints.every((fingerprint, i) => latest[i]?.fingerprint === fingerprint)
    const rollBack = !isLatest && known.some(({ fingerprint }) => fingerprints.includes(fingerprint))
    const { generations } = register(known, migrations, { rollBack, now: new Date(0) })
    known = [...known, ...generations.map(({ generation }) => generation)]
    return migrations.map((migration, i) => {
      const generation = known.findLast(({ fingerprint }) => fingerprint === fingerprints[i])!
      return { migration, compiled: compile(migration, generation), known }
    })
  })
}
