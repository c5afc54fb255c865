import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { column as c, dimension, group } from '../../src/exports/index.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import type { Cell } from '../../src/star/types/cell.ts'
import { mergeRows } from '../../src/star/rows/merge.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'

const user = dimension('user', {
  key: { id: c.int() },
  columns: {
    name: c.varchar(9).nullable(),
    plan: c.varchar(9).default('free'),
    mail: c.varchar(9).pii(),
    origin: c.varchar(9).first().nullable(),
    best: c.int().max().nullable(),
    worst: c.int().min().nullable(),
    paid: c.boolean().any().nullable(),
    calm: c.boolean().all().nullable(),
  },
})
const key = { id: 1 }
const { relation, slots, live } = user.layout

/** What is in the row after events of one operation list each, merged in the order given. */
function after(...events: readonly (Operation | Operation[])[]): Record<string, Cell> {
  const rows = events.map(
    (operations, seq) => rowsOf([operations].flat(), stampOf(BigInt(seq), seq, 1), 'live')[0]!.row,
  )
  return shown(rows.reduce((a, b) => mergeRows(relation, a, b)))
}

function shown(row: Row): Record<string, Cell> {
  const values = [...slots.values()].map((slot) => [slot.name, row[slot.index]!] as const)
  return { ...Object.fromEntries(values), live: row[live.value]! }
}

test('a create resets every column that merges by last to its default, or to NULL', () => {
  const row = after(
    user.create(key, { name: 'ann', plan: 'gold', mail: 'a@b' }),
    user.delete(key),
    user.create(key, { origin: 'web' }),
  )
  expect(row).toMatchObject({ name: null, plan: 'free', mail: null, live: 1 })
})

test('a create keeps the values of first, min, max, any and all', () => {
  const first = user.create(key, { origin: 'ad', best: 9, worst: 1, paid: true, calm: false })
  expect(
    after(first, user.delete(key), user.create(key, { origin: 'web', best: 2, worst: 2, paid: false, calm: true })),
  ).toMatchObject({
    origin: 'ad',
    best: 9,
    worst: 1,
    paid: 1,
    calm: 0,
  })
})

test('an edit writes NULL for null and ignores undefined', () => {
  const made = user.create(key, { name: 'ann', plan: 'gold' })
  expect(after(made, user.edit(key, { name: undefined, plan: 'iron' }))).toMatchObject({ name: 'ann', plan: 'iron' })
  expect(after(made, user.edit(key, { name: null }))).toMatchObject({ name: null, plan: 'gold' })
})

test('an edit neither creates a row nor restores a deleted one', () => {
  expect(after(user.edit(key, { name: 'ann' }))).toMatchObject({ name: 'ann', live: null })
  expect(after(user.create(key), user.delete(key), user.edit(key, { name: 'ann' }))).toMatchObject({ live: 0 })
})

test('erasure overrides earlier and later edits and creates, for personal columns only', () => {
  const made = user.create(key, { name: 'ann', mail: 'a@b' })
  for (const events of [
    [made, user.erase(key), user.edit(key, { mail: 'new' })],
    [user.erase(key), made],
    [made, user.edit(key, { mail: 'x' }), user.erase(key)],
  ]) {
    expect(after(...events)).toMatchObject({ name: 'ann', mail: null, live: 1 })
  }
})

test('erasure wins at any place within one event', () => {
  const edit = user.edit(key, { mail: 'a@b', name: 'ann' })
  expect(after([user.erase(key), edit])).toMatchObject({ mail: null, name: 'ann' })
  expect(after([edit, user.erase(key)])).toMatchObject({ mail: null, name: 'ann' })
})

test('of several operations in one event, the later wins where a stamp decides, and all merge where the value does', () => {
  const low = { best: 1, worst: 1, paid: true, calm: false }
  const high = { best: 9, worst: 9, paid: false, calm: true }
  const joined = { best: 9, worst: 1, paid: 1, calm: 0 }
  expect(after([user.edit(key, { name: 'a', ...low }), user.edit(key, { name: 'b', ...high })])).toMatchObject({
    name: 'b',
    ...joined,
  })
  expect(after([user.edit(key, { name: 'b', ...high }), user.edit(key, { name: 'a', ...low })])).toMatchObject({
    name: 'a',
    ...joined,
  })
  expect(after([user.delete(key), user.create(key)])).toMatchObject({ live: 1 })
  expect(after([user.create(key), user.delete(key)])).toMatchObject({ live: 0 })
})

// An independent oracle: a program with one variable per column that runs the events in order.
test('events merged in any order lead to the same row as a program that runs them in order', () => {
  const given = fc.record(
    {
      name: fc.option(fc.constantFrom('a', 'b')),
      plan: fc.constantFrom('x', 'y'),
      mail: fc.constantFrom('m', 'n'),
      best: fc.nat(3),
      paid: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const operation = fc.oneof(
    given.map((values) => user.create(key, values)),
    given.map((values) => user.edit(key, values)),
    fc.constant(user.delete(key)),
    fc.constant(user.erase(key)),
  )
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 9 }), fc.infiniteStream(fc.nat()), (history, random) => {
      const rows = history.map((each, seq) => rowsOf([each], stampOf(BigInt(seq), seq, 1), 'live')[0]!.row)
      const shuffled = rows.map((row) => ({ row, at: random.next().value })).toSorted((a, b) => a.at - b.at)
      expect(shown(shuffled.map(({ row }) => row).reduce((a, b) => mergeRows(relation, a, b)))).toMatchObject(
        program(history),
      )
    }),
    { numRuns: 500 },
  )
})

function program(history: readonly Operation[]): Record<string, Cell> {
  const now: Record<string, Cell> = { name: null, plan: null, mail: null, best: null, paid: null, live: null }
  let erased = false
  for (const { kind, values } of history) {
    if (kind === 'erase') erased = true
    if (kind === 'delete') now['live'] = 0
    if (kind === 'create') Object.assign(now, { name: null, plan: 'free', mail: null, live: 1 })
    if (kind === 'create' || kind === 'edit') {
      for (const name of ['name', 'plan', 'mail']) if (values[name] !== undefined) now[name] = values[name] as Cell
      if (values['best'] !== undefined) now['best'] = Math.max(Number(now['best'] ?? 0), values['best'] as number)
      if (values['paid'] !== undefined) now['paid'] = Number(now['paid'] === 1 || values['paid'] === true)
    }
    if (erased) now['mail'] = null
  }
  return now
}

test('an unknown column is refused with the columns that exist, or with the advice to define it', () => {
  const bare = dimension('bare', { key: { id: c.int() } })
  const refused =
    (table: AnyTable): unknown =>
    () =>
      rowsOf([{ table, kind: 'edit', key, values: { nme: 'x' } }], stampOf(1n, 1, 1), 'live')
  expect(refused(user)).toThrow(
    expect.objectContaining({
      message: 'The dimension user has no column "nme".',
      remedy: 'Use one of these: name, plan, mail, origin, best, worst, paid, calm.',
    }),
  )
  expect(refused(bare)).toThrow(expect.objectContaining({ remedy: 'Define it, or leave it out.' }))
})

describe('a group', () => {
  const spot = dimension('spot', {
    key: { id: c.int() },
    columns: {
      ...group('place', { x: c.int().nullable(), y: c.int().nullable() }),
      ...group('origin', { site: c.int().first().nullable(), page: c.int().first().nullable() }),
      ...group('home', { street: c.int().pii(), town: c.int().pii() }),
    },
  })
  const layout = spot.layout
  const rowAfter = (...events: readonly Operation[][]): Record<string, Cell> => {
    const rows = events.map((operations, seq) => rowsOf(operations, stampOf(BigInt(seq), seq, 1), 'live')[0]!.row)
    const row = rows.toReversed().reduce((a, b) => mergeRows(layout.relation, a, b))
    return Object.fromEntries([...layout.slots.values()].map((slot) => [slot.name, row[slot.index]!]))
  }

  test('is written as a whole, including its NULLs', () => {
    expect(rowAfter([spot.edit(key, { x: 1, y: 2 })], [spot.edit(key, { x: 3, y: null })])).toMatchObject({
      x: 3,
      y: null,
    })
    expect(rowAfter([spot.edit(key, { x: 1, y: 2 })], [spot.edit(key, { site: 1, page: 1 })])).toMatchObject({
      x: 1,
      y: 2,
    })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['one is left out', { x: 1 }, 'An edit of spot sets x of the group place but leaves out y.'],
    ['one is undefined', { x: undefined, y: 1 }, 'An edit of spot sets y of the group place but leaves out x.'],
    ['one is set to NULL alone', { y: null }, 'An edit of spot sets y of the group place but leaves out x.'],
    [
      'only another group is complete',
      { x: 1, y: 1, site: 1 },
      'An edit of spot sets site of the group origin but leaves out page.',
    ],
    ['it is personal', { street: 1 }, 'An edit of spot sets street of the group home but leaves out town.'],
  ])('is refused by an edit when %s', (_, values, sentence) => {
    const operation = { table: spot, kind: 'edit', key, values } as const
    expect(() => rowsOf([operation], stampOf(1n, 1, 1), 'live')).toThrow(
      expect.objectContaining({ code: 'VALUE', message: sentence }),
    )
  })

  test('may be partly left out of a create, which sets the rest to NULL', () => {
    expect(rowAfter([spot.create(key, { x: 1, y: 2 })], [spot.create(key, { x: 3 })])).toMatchObject({ x: 3, y: null })
  })

  test('of first values takes all of them from one operation, including NULL', () => {
    const whole = { site: 1, page: 2 }
    expect(rowAfter([spot.edit(key, whole)], [spot.edit(key, { site: 3, page: 4 })])).toMatchObject(whole)
    expect(rowAfter([spot.edit(key, { site: 1, page: null }), spot.edit(key, { site: 3, page: 4 })])).toMatchObject({
      site: 1,
      page: null,
    })
  })

  test('of personal columns is erased as a whole', () => {
    expect(rowAfter([spot.edit(key, { street: 1, town: 2 }), spot.erase(key)], [spot.create(key)])).toMatchObject({
      street: null,
      town: null,
    })
  })
})
