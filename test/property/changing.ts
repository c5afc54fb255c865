import fc from 'fast-check'

/*
 * Definitions that change at random among all that `apply` accepts: columns that come, go and come again, in another order, of another
 * type or merge, personal or not, in a group or out of it; histories that are turned on and off; fields that do not leave the host.
 */

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
type Name = (typeof NAMES)[number]
const GROUPS = ['left', 'right'] as const
/** Columns that merge without a stamp keep what an earlier definition wrote, so nothing of these may be withheld. */
export const WITHHELD: Name = 'e'

export interface ColumnChoice {
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
