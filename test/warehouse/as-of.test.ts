import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { column as c, dimension, fact, type AnyTable } from '../../src/exports/index.ts'
import { asOf } from '../../src/exports/warehouse.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { empty } from '../property/contents.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { write, type Doing } from './writing.ts'

const user = dimension('user', {
  key: { id: c.varchar(400), part: c.int() },
  columns: { name: c.varchar(9).nullable(), spent: c.decimal(12, 2).nullable(), vip: c.boolean().nullable() },
  history: true,
})
const shop = dimension('shop', { key: { id: c.int() }, columns: { city: c.text().nullable() }, history: true })
const sale = fact('sale', {
  key: { id: c.int() },
  dimensions: { user, shop, day: c.date() },
  measures: { at: c.datetime().nullable(), price: c.decimal(12, 2), size: c.double(), note: c.text().nullable() },
})
const tables: AnyTable[] = [user, shop, sale]

let fresh: FreshWarehouse
let warehouse: Warehouse
beforeAll(async () => {
  fresh = await freshTables(tables)
  ;({ warehouse } = fresh)
})
afterAll(() => fresh[Symbol.asyncDispose]())

// Few times, so that facts and versions tie; texts that servers sort as one.
const TIMES = [1, 2, 3, 4, 5].map((day) => new Date(Date.UTC(2024, 1, day, 23, 59, 59, 999)))
const LONG = '😀'.repeat(300)
const USERS = ['a', 'A', 'a ', 'a\0', 'a\0\0', '', `${LONG}a`, `${LONG}b`].flatMap((id) => [
  { id, part: 0 },
  { id, part: -1 },
])
const when = fc.constantFrom(...TIMES)
const who = fc.constantFrom(...USERS)
const event = fc.oneof(
  fc.record({
    kind: fc.constantFrom('create', 'edit', 'delete'),
    user: who,
    shop: fc.nat(2),
    value: fc.nat(9),
    at: when,
  }),
  fc.record({
    kind: fc.constantFrom('sell', 'sell', 'sell', 'void'),
    user: who,
    shop: fc.nat(2),
    value: fc.nat(30),
    at: fc.option(when, { freq: 8 }),
  }),
)
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never

function doingOf({ kind, user: key, shop: id, value, at }: Event, seq: number): Doing {
  const time = (at ?? TIMES[0]!).toISOString().replace('T', ' ').slice(0, 23)
  const named = { name: `n${value}`, spent: `${value}.50`, vip: value > 4 }
  const sold = {
    user_id: key.id,
    user_part: key.part,
    shop_id: id,
    day: '2024-02-01',
    at,
    price: '7.10',
    size: 0.1,
    note: null,
  }
  switch (kind) {
    case 'sell':
      return { seq, at: time, operations: [sale.create({ id: value }, sold)] }
    case 'void':
      return { seq, at: time, operations: [sale.delete({ id: value })] }
    case 'create':
      return { seq, at: time, operations: [user.create(key, named), shop.create({ id }, { city: `c${value}` })] }
    case 'edit':
      return { seq, at: time, operations: [user.edit(key, { name: `e${value}` }), shop.edit({ id }, { city: null })] }
    default:
      return { seq, at: time, operations: [user.delete(key), shop.delete({ id })] }
  }
}

const reader = () =>
  warehouse.reader<{
    sale: Record<string, unknown>
    user_history: Record<string, unknown>
    shop_history: Record<string, unknown>
  }>()
type Loose = Readonly<Record<string, unknown>>

/** The witness: every version of the fact's key, one after another. */
function versionAt(versions: readonly Loose[], isOf: (version: Loose) => boolean, at: unknown): Loose | undefined {
  if (at === null) return undefined
  return versions.find(
    (each) =>
      isOf(each) &&
      Number(each['valid_from']) <= Number(at) &&
      (each['valid_to'] === null || Number(at) < Number(each['valid_to'])),
  )
}
const under = (role: string, version: Loose | undefined, names: readonly string[]): Loose =>
  Object.fromEntries(names.map((name) => [`${role}_${name}`, version?.[name] ?? null]))

async function naive(): Promise<Loose[]> {
  const facts = await reader().selectFrom('sale').selectAll().execute()
  const users = await reader().selectFrom('user_history').selectAll().execute()
  const shops = await reader().selectFrom('shop_history').selectAll().execute()
  const times = ['valid_from', 'valid_to', 'is_current']
  return facts
    .map((row) => {
      const buyer = versionAt(users, ({ id, part }) => id === row['user_id'] && part === row['user_part'], row['at'])
      const place = versionAt(shops, ({ id }) => id === row['shop_id'], row['at'])
      return {
        ...row,
        ...under('user', buyer, ['name', 'spent', 'vip', ...times]),
        ...under('shop', place, ['city', ...times]),
      }
    })
    .toSorted((a: Loose, b: Loose) => Number(a['id']) - Number(b['id']))
}

test('every live fact has the versions of its time, and its own columns unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), async (events) => {
      await empty(warehouse, tables.flatMap(relationsOf))
      await write(warehouse, tables, events.map(doingOf))
      const rows = await reader()
        .selectFrom(asOf(sale, 'at', { user, shop }).as('sold'))
        .selectAll()
        .orderBy('sold.id')
        .execute()
      expect(rows).toEqual(await naive())
    }),
    { numRuns: 100 },
  )
})

test('a condition on the facts is applied before the join and changes no row of it', async () => {
  await empty(warehouse, tables.flatMap(relationsOf))
  const events = fc.sample(event, { numRuns: 120, seed: 7 })
  await write(warehouse, tables, events.map(doingOf))
  const query = reader()
    .selectFrom(
      asOf(sale, 'at', { user }, { where: (eb) => eb('facts.id', '>', 9).and('at', '>=', TIMES[1]!) }).as('sold'),
    )
    .select(['id', 'user_name', 'user_valid_from'])
    .orderBy('id')
  const expected = (await naive()).filter(
    ({ id, at }) => Number(id) > 9 && at !== null && Number(at) >= Number(TIMES[1]),
  )
  expect(expected.length).toBeGreaterThan(3)
  expect(await query.execute()).toEqual(
    expected.map(({ id, user_name, user_valid_from }) => ({ id, user_name, user_valid_from })),
  )
})

test('a version begins at its time and ends before the next, and there is none before the first or after a deletion', async () => {
  await empty(warehouse, tables.flatMap(relationsOf))
  const key = USERS[0]!
  const at = (day: number, hour = 0): string => `2024-03-0${day} 0${hour}:00:00.000`
  const sell = (id: number, time: string | null): Doing => ({
    seq: 100 + id,
    operations: [
      sale.create(
        { id },
        {
          user_id: key.id,
          user_part: key.part,
          shop_id: 0,
          day: '2024-03-01',
          at: time && `${time.replace(' ', 'T')}Z`,
          price: 1,
          size: 1,
        },
      ),
    ],
  })
  await write(warehouse, tables, [
    { seq: 1, at: at(2), operations: [user.create(key, { name: 'ann' })] },
    { seq: 2, at: at(3), operations: [user.edit(key, { name: 'bob' })] },
    { seq: 3, at: at(4), operations: [user.delete(key)] },
    { seq: 4, at: at(6), operations: [user.create(key, { name: 'cid' })] },
    ...[at(1), at(2), at(2, 9), at(3), at(4), at(5), at(6), null].map((time, id) => sell(id, time)),
  ])
  const rows = await reader()
    .selectFrom(asOf(sale, 'at', { user }).as('sold'))
    .select(['id', 'user_name'])
    .execute()
  expect(rows.toSorted((a, b) => a.id - b.id).map(({ user_name }) => user_name)).toEqual([
    null,
    'ann',
    'ann',
    'bob',
    null,
    null,
    'cid',
    null,
  ])
})

const plain = dimension('plain', { key: { id: c.int() }, columns: { name: c.int() } })
const other = fact('other', {
  key: { id: c.int() },
  dimensions: { shop, plain },
  measures: { at: c.datetime(), day: c.date(), shop_city: c.text() },
})

const loose: AnyTable = plain

test.each<[string, () => unknown, string]>([
  [
    'has no such column',
    () => asOf(other as AnyTable, 'when', {}),
    'The fact other cannot be joined as of when: it has no such column.',
  ],
  [
    'has a time that is a day',
    () => asOf(other as AnyTable, 'day', {}),
    'The fact other cannot be joined as of day: its type is date.',
  ],
  [
    'is joined to a dimension without history',
    () => asOf(other as AnyTable, 'at', { plain: loose }),
    'The fact other cannot be joined as of a time to the dimension plain, which keeps no history.',
  ],
  [
    'is joined to a dimension that it does not have',
    () => asOf(other as AnyTable, 'at', { buyer: user }),
    'The fact other has no dimension user in the role buyer: it has no column buyer_id of type varchar(400).',
  ],
  [
    'has a column of the same name as a version',
    () => asOf(other, 'at', { shop }),
    'The fact other cannot be joined to the dimension shop in the role shop: both give a column shop_city.',
  ],
])('a fact is refused that %s', (_, join, message) => {
  expect(join).toThrow(expect.objectContaining({ code: 'DEFINITION', message }) as Error)
})
