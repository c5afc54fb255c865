import { describe, expect, test } from 'vitest'
import { Counting, countingAfter, typeNumber, type CountedDefinition } from '../../src/ledger/counting.ts'
import type { Generation } from '../../src/ledger/index.ts'
import type { DefinitionDocument } from '../../src/mapping/index.ts'

interface Given {
  readonly revision?: number
  readonly capture?: string
  readonly order?: string
  readonly tables?: readonly string[]
  /** The texts of handlers, by event type. */
  readonly handlers?: Readonly<Record<string, string>>
  readonly ignored?: readonly string[]
  readonly include?: string
}

function defined({ revision = 1, capture = '', order = 'seq', include = '', ...given }: Given = {}): CountedDefinition {
  const { tables = ['t', 'u'], handlers = { a: '1', b: '1' }, ignored = ['c'] } = given
  const document: DefinitionDocument = {
    format: 1,
    migration: 'm',
    revision,
    capture,
    source: { order },
    tables: Object.fromEntries(
      tables.map((name) => [name, { kind: 'fact', key: ['id'], columns: {}, history: false }]),
    ),
    handled: Object.keys(handlers),
    ignored,
  }
  return { document, texts: { handlers, include } }
}

const generation = (number: number, definition: CountedDefinition, counting: Generation['counting']): Generation => ({
  number,
  fingerprint: '',
  names: {},
  appliedAt: new Date(0),
  counting,
  ...definition,
})
const none = new Set<string>()
const first = generation(1, defined(), countingAfter(undefined, defined(), none, 1))
const after = (given: Given, redefined: ReadonlySet<string> = none) =>
  countingAfter(first, defined(given), redefined, 5)

describe('the oldest receipts that count', () => {
  test('of the first definition are its own', () => {
    expect(first.counting).toEqual({ types: { a: 1, b: 1, c: 1 }, tables: { t: 1, u: 1 } })
  })

  test('stay when nothing that events write changes', () => {
    expect(after({})).toEqual(first.counting)
  })

  test('are the present ones of a new or changed table only', () => {
    expect(after({ tables: ['t', 'u', 'v'] }).tables).toEqual({ t: 1, u: 1, v: 5 })
    expect(after({}, new Set(['u']))).toEqual({ types: first.counting.types, tables: { t: 1, u: 5 } })
  })

  test('are the present ones of an event type that is new, handled from now on, or has another handler', () => {
    expect(after({ handlers: { a: '1', b: '1', d: '1' } }).types).toEqual({ a: 1, b: 1, c: 1, d: 5 })
    expect(after({ handlers: { a: '1', b: '1', c: '1' }, ignored: [] }).types).toEqual({ a: 1, b: 1, c: 5 })
    expect(after({ handlers: { a: '2', b: '1' } }).types).toEqual({ a: 5, b: 1, c: 1 })
  })

  test('stay of an event type that is ignored from now on', () => {
    expect(after({ handlers: { a: '1' }, ignored: ['b', 'c'] }).types).toEqual({ a: 1, b: 1, c: 1 })
  })

  test('are not taken for those that every object has', () => {
    expect(after({ tables: ['constructor'], ignored: ['toString'] })).toEqual({
      types: { a: 5, b: 5, toString: 5 },
      tables: { constructor: 5 },
    })
  })

  test.each<[string, Given]>([
    ['the revision', { revision: 2 }],
    ['what leaves the host', { capture: 'x' }],
    ['where the position is', { order: 'no' }],
    ['which events are included', { include: 'x' }],
  ])('are all the present ones when another is %s', (_, given) => {
    expect(after(given)).toEqual({ types: { a: 5, b: 5, c: 5 }, tables: { t: 5, u: 5 } })
  })
})

describe('a receipt', () => {
  const [a, b] = [typeNumber('a'), typeNumber('b')]
  const number = 5
  const written = new Map([
    [a, new Set(['t'])],
    [b, new Set(['t', 'u'])],
  ])
  const counting = new Counting({ number, counting: { types: { a: 2, b: 1 }, tables: { t: 1, u: 4 } } }, written)

  test('counts from the generation that its event type and the tables of that type ask for', () => {
    expect([counting.oldestOf(a), counting.oldestOf(b)]).toEqual([2, 4])
    const isCounted = (type: number, of: number): boolean =>
      counting.counts({ type, generation: of, outcome: 'applied' })
    expect([1, 2, 5, 6].map((of) => isCounted(a, of))).toEqual([false, true, true, true])
    expect([3, 4].map((of) => isCounted(b, of))).toEqual([false, true])
  })

  test('of an unknown type, or of none, counts: no migration reads its event', () => {
    for (const type of [undefined, typeNumber('other')]) {
      expect([4, 5].map((of) => counting.counts({ type, generation: of, outcome: 'ignored' }))).toEqual([true, true])
    }
  })

  test('of what an earlier generation could not apply does not count', () => {
    expect([4, 5].map((of) => counting.counts({ type: a, generation: of, outcome: 'quarantined' }))).toEqual([
      false,
      true,
    ])
  })

  test('of an event from a host with an unknown definition does not count', () => {
    expect(counting.counts({ type: a, generation: 0, outcome: 'applied' })).toBe(false)
  })
})

test('the number of an event type fits 32 bits and is what it was', () => {
  for (const type of ['', 'file.created', '😀']) {
    const number = typeNumber(type)
    expect(number).toBe(number | 0)
  }
  expect(typeNumber('file.created')).not.toBe(typeNumber('file.deleted'))
})
