import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { column as c, dimension, fact, group } from '../../src/exports/index.ts'
import {
  describeTable,
  evolve,
  MAX_GENERATION,
  PLAIN_NAMES,
  type AnyTable,
  type Evolution,
} from '../../src/star/index.ts'
import type { TableState } from '../../src/star/define/table-state.ts'
import type { Columns } from '../../src/star/define/column.ts'
import { layoutOf } from '../../src/star/define/layout.ts'

/** What becomes of a table over its definitions, registered as the generations 1, 2 and so on. */
function evolutionsOf(definitions: readonly AnyTable[]): Evolution[] {
  const states: TableState[] = []
  return definitions.map((definition, i) => {
    const description = describeTable(definition)
    const evolution = evolve(states, description, i + 1)
    states.push({ description, names: evolution.names })
    return evolution
  })
}

const last = (...definitions: AnyTable[]): Evolution => evolutionsOf(definitions).at(-1)!
const file = (columns: Columns, key: Columns = { path: c.varchar(9) }): AnyTable => dimension('file', { key, columns })
const startedOver = (column: string, generation = 2) => ({
  columns: { [column]: `_g${generation}_${column}` },
  stamps: { [column]: `_stamp${generation}_${column}` },
})

describe('a table keeps its names', () => {
  test('in its first generation, and all of it is to be replayed', () => {
    expect(last(file({ a: c.int() }))).toEqual({
      names: PLAIN_NAMES,
      changes: [{ column: undefined, what: 'is new', needsReplay: true }],
      refusal: undefined,
    })
  })

  test('when a column is added, which is to be replayed', () => {
    const { names, changes } = last(file({ a: c.int() }), file({ a: c.int(), b: c.int() }))
    expect(names).toEqual(PLAIN_NAMES)
    expect(changes).toEqual([{ column: 'b', what: 'is new', needsReplay: true }])
  })

  test('when a column named like what every object has is added', () => {
    const evolution = last(file({ a: c.int() }), file({ a: c.int(), constructor: c.int() }))
    expect(evolution.names).toEqual(PLAIN_NAMES)
    expect(evolution.changes).toEqual([{ column: 'constructor', what: 'is new', needsReplay: true }])
    const { relation } = layoutOf(file({ constructor: c.int() }))
    expect(relation.columns.map(({ name }) => name)).toContain('_stamp_constructor')
  })

  test('when a measure is added to a fact', () => {
    const sale = (measures: Columns): AnyTable => fact('sale', { key: { id: c.int() }, measures })
    const { names, changes } = last(sale({ a: c.int() }), sale({ a: c.int(), b: c.int() }))
    expect([names, changes]).toEqual([PLAIN_NAMES, [{ column: 'b', what: 'is new', needsReplay: true }]])
  })

  test.each([
    ['varchar', c.varchar(9), c.varchar(20)],
    ['varchar to text', c.varchar(9), c.text()],
    ['int', c.int(), c.bigint()],
    ['the greatest int', c.int().max().nullable(), c.bigint().max().nullable()],
    ['the least decimal', c.decimal(9, 2).min().nullable(), c.decimal(12, 4).min().nullable()],
  ])('when a column is widened, and nothing is to be replayed: %s', (_, narrow, wide) => {
    const { names, changes } = last(file({ a: narrow }), file({ a: wide }))
    expect(names).toEqual(PLAIN_NAMES)
    expect(changes).toMatchObject([{ column: 'a', needsReplay: false }])
  })

  test('when the lines of its definition are swapped, and nothing changes', () => {
    const columns = { a: c.int(), b: c.int().pii(), d: c.int().max().nullable() }
    const swapped = { d: columns.d, b: columns.b, a: columns.a }
    expect(last(file(columns), file(swapped))).toEqual({ names: PLAIN_NAMES, changes: [], refusal: undefined })
  })

  test('when a column is dropped, and nothing is to be replayed', () => {
    const { names, changes } = last(file({ a: c.int(), b: c.int() }), file({ a: c.int() }))
    expect(names).toEqual(PLAIN_NAMES)
    expect(changes).toMatchObject([{ column: 'b', needsReplay: false }])
  })
})

describe('a column starts over, and is to be replayed,', () => {
  test.each([
    ['its merge changes', c.int(), c.int().first()],
    ['it becomes personal', c.int(), c.int().pii()],
    ['its type changes', c.int(), c.varchar(9)],
  ])('when %s', (what, before, after) => {
    const { names, changes } = last(file({ a: before, b: c.int() }), file({ a: after, b: c.int() }))
    const isOnlyType = what === 'its type changes'
    expect(names).toEqual(isOnlyType ? { columns: { a: '_g2_a' }, stamps: {} } : startedOver('a'))
    expect(changes).toMatchObject([{ column: 'a', needsReplay: true }])
  })

  test('when it moves to a group, whose stamp is new; the others of its table stay', () => {
    const { names, changes } = last(
      file({ a: c.int(), b: c.int() }),
      file({ ...group('spot', { a: c.int() }), b: c.int() }),
    )
    expect(names).toEqual({ columns: { a: '_g2_a' }, stamps: {} })
    expect(changes).toMatchObject([{ column: 'a', needsReplay: true }])
  })

  test('when it was dropped before, however long ago', () => {
    const [both, one] = [file({ a: c.int(), b: c.int() }), file({ a: c.int() })]
    expect(last(both, one, both).names).toEqual(startedOver('b', 3))
    expect(last(both, one, one, both).names).toEqual(startedOver('b', 4))
    expect(last(both, one, both, one, both).names).toEqual(startedOver('b', 5))
    expect(last(both, one, both, both).names).toEqual(startedOver('b', 3))
    expect(last(both, one, both).changes).toMatchObject([{ column: 'b', needsReplay: true }])
  })

  test('when no stamp decides and values of both types would be compared', () => {
    const { names, changes } = last(file({ a: c.varchar(9).max() }), file({ a: c.text().max() }))
    expect(names).toEqual({ columns: { a: '_g2_a' }, stamps: {} })
    expect(changes).toMatchObject([{ column: 'a', needsReplay: true }])
  })
})

describe('a table cannot go on when', () => {
  test.each([
    ['a key column is renamed', { id: c.varchar(9) }, 'its key was path and is now id'],
    ['a key column is added', { path: c.varchar(9), day: c.date() }, 'its key was path and is now path, day'],
    ['a key column changes its type', { path: c.int() }, 'its key column path was varchar(9) and is now int'],
    ['a key column shrinks, which stays as wide as it is', { path: c.varchar(8) }, undefined],
  ])('%s', (_, key, refusal) => {
    expect(last(file({ a: c.int() }), file({ a: c.int() }, key)).refusal).toBe(refusal)
  })
})

test('the longest names of a column stay within the 64 characters of MySQL, in the last generation too', () => {
  const name = 'a'.repeat(53)
  const [was, is] = [c.int(), c.int().first()].map((column) =>
    dimension('file', { key: { id: c.int() }, columns: { [name]: column, b: c.int() }, history: true }),
  )
  const states = [{ description: describeTable(was!), names: PLAIN_NAMES }]
  const { names } = evolve(states, describeTable(is!), MAX_GENERATION)
  const back = [...states, { description: describeTable(is!), names }]
  for (const after of [names, evolve(back, describeTable(was!), MAX_GENERATION - 1).names]) {
    for (const table of [was!, is!]) {
      const { relation, history } = layoutOf(table, after)
      for (const column of [...relation.columns, ...history!.relation.columns]) {
        expect(column.name.length).toBeLessThanOrEqual(64)
      }
    }
  }
})

describe('over any definitions', () => {
  const variants: readonly Columns[string][] = [
    c.int(),
    c.bigint(),
    c.varchar(9),
    c.int().first(),
    c.int().pii(),
    c.int().max().nullable(),
    c.int().min().nullable(),
  ]
  const plain = fc.record(
    { a: fc.constantFrom(...variants), b: fc.constantFrom(...variants), d: fc.constantFrom(...variants) },
    { requiredKeys: [] },
  )
  const grouped = fc
    .subarray(['a', 'b', 'd', 'e'], { minLength: 1 })
    .chain((names) => fc.constantFrom('spot', 'place').map((name) => ({ name, names })))
  const definition = fc.tuple(plain, fc.option(grouped)).map(([columns, spot]) => {
    const inGroup = spot ? group(spot.name, Object.fromEntries(spot.names.map((name) => [name, c.int()]))) : {}
    return dimension('file', {
      key: { path: c.varchar(9) },
      columns: { x: c.int(), ...columns, ...inGroup },
      history: true,
    })
  })

  test('no two columns share a name, and no column comes back under one that it has left', () => {
    fc.assert(
      fc.property(fc.array(definition, { minLength: 1, maxLength: 8 }), (definitions) => {
        const left = new Set<string>()
        let before = new Set<string>()
        for (const [i, { names }] of evolutionsOf(definitions).entries()) {
          const { relation, history } = layoutOf(definitions[i]!, names)
          for (const { columns } of [relation, history!.relation]) {
            const all = columns.map(({ name }) => name)
            expect(new Set(all).size).toBe(all.length)
            expect(all.every((name) => name.length <= 64)).toBe(true)
          }
          const now = new Set(relation.columns.map(({ name }) => name))
          for (const name of now) expect(left).not.toContain(name)
          for (const name of before) if (!now.has(name)) left.add(name)
          before = now
        }
      }),
    )
  })

  test('a column whose name changes is to be replayed', () => {
    fc.assert(
      fc.property(definition, definition, (was, is) => {
        const { names, changes } = last(was, is)
        const replayed = changes.filter(({ needsReplay }) => needsReplay).map(({ column }) => column)
        expect(replayed).toEqual(expect.arrayContaining(Object.keys(names.columns)))
      }),
    )
  })
})
