/* What the compiler must refuse, line by line. `tsc` checks this file, and reports a line that it does not refuse. */
import { column as c, defineMigration, dimension, fact, group, report } from '../../src/exports/index.ts'

const user = dimension('user', {
  key: { id: c.varchar(9) },
  columns: {
    name: c.varchar(9),
    mail: c.varchar(9).pii(),
    plan: c.enum('free', 'gold').default('free'),
    seen: c.datetime().max().nullable(),
    ...group('spot', { x: c.int(), y: c.int().nullable() }),
  },
})
const sale = fact('sale', {
  key: { id: c.int() },
  dimensions: { user, day: c.date() },
  measures: { price: c.int(), note: c.text().last().nullable() },
})

type Event =
  | {
      readonly _id: number
      readonly seq: number
      readonly at: Date
      readonly meta: { readonly type: 'joined' }
      readonly mail: string
    }
  | { readonly _id: number; readonly seq: number; readonly at: Date; readonly meta: { readonly type: 'left' } }

export const operations = [
  // @ts-expect-error A required column is left out.
  user.create({ id: 'a' }, { mail: 'a@b', x: 1 }),
  // @ts-expect-error All of the values are left out.
  user.create({ id: 'a' }),
  // @ts-expect-error An unknown column.
  user.create({ id: 'a' }, { name: 'a', x: 1, nme: 'b' }),
  // @ts-expect-error A null into a column that is not nullable.
  user.create({ id: 'a' }, { name: null, x: 1 }),
  // @ts-expect-error A value that is not in the enum.
  user.create({ id: 'a' }, { name: 'a', x: 1, plan: 'iron' }),
  // @ts-expect-error A key of the wrong type.
  user.create({ id: 7 }, { name: 'a', x: 1 }),
  // @ts-expect-error An unknown key column.
  user.delete({ key: 'a' }),
  // @ts-expect-error A key that is undefined.
  user.delete({ id: undefined }),
  // @ts-expect-error An edit with an unknown column.
  user.edit({ id: 'a' }, { nme: 'b' }),
  // @ts-expect-error An edit with a null into a column that is not nullable.
  user.edit({ id: 'a' }, { name: null }),
  // @ts-expect-error The content of a fact is fixed by its key.
  sale.edit({ id: 1 }, { price: 1 }),
  // @ts-expect-error The keys of its dimensions are fixed, too.
  sale.edit({ id: 1 }, { user_id: 'a' }),
  // @ts-expect-error They are fixed also in an edit of what can change.
  sale.edit({ id: 1 }, { note: 'a', price: 1 }),
  // @ts-expect-error An edit with an unknown column and a known one.
  user.edit({ id: 'a' }, { name: 'a', nme: 'b' }),
  // @ts-expect-error An edit of one part of a group.
  user.edit({ id: 'a' }, { x: 1 }),
  // @ts-expect-error An edit of the other part of a group and another column.
  user.edit({ id: 'a' }, { name: 'a', y: null }),
  // @ts-expect-error A group whose value does not fit.
  user.edit({ id: 'a' }, { x: 1, y: 'b' }),
  // @ts-expect-error The key of a dimension is left out.
  sale.create({ id: 1 }, { day: new Date(0), price: 1 }),
  // @ts-expect-error The column of a dimension is named by its role and its key.
  sale.create({ id: 1 }, { user: 'a', day: new Date(0), price: 1 }),
]

export const columns = [
  // @ts-expect-error any() is for boolean columns
  c.varchar(9).any(),
  // @ts-expect-error all() is for boolean columns
  c.int().all(),
  // @ts-expect-error A default of the wrong type.
  c.int().default('7'),
  // @ts-expect-error A default that is not in the enum.
  c.enum('a', 'b').default('c'),
]

const source = { collection: 'events', type: 'meta.type', order: 'seq', time: 'at' } as const
const tables = { user, sale }

defineMigration<Event>()({
  name: 'm',
  source,
  tables,
  // @ts-expect-error An event type is left out.
  on: { joined: 'ignore' },
})
defineMigration<Event>()({
  name: 'm',
  source,
  tables,
  // @ts-expect-error An unknown event type.
  on: { joined: 'ignore', left: 'ignore', jnd: 'ignore' },
})
defineMigration<Event>()({
  name: 'm',
  // @ts-expect-error An unknown path.
  source: { collection: 'events', type: 'meta.type', order: 'sequence', time: 'at' },
  tables,
  on: { joined: 'ignore', left: 'ignore' },
})
defineMigration<Event>()({
  name: 'm',
  // @ts-expect-error A position that is neither an integer nor a Date.
  source: { ...source, order: 'mail' },
  tables,
  on: { joined: 'ignore', left: 'ignore' },
})
defineMigration<Event>()({
  name: 'm',
  // @ts-expect-error A time that is no Date.
  source: { ...source, time: 'seq' },
  tables,
  on: { joined: 'ignore', left: 'ignore' },
})
defineMigration<Event>()({
  name: 'm',
  source,
  tables: { sale },
  on: {
    // @ts-expect-error An operation on a table that is not listed.
    joined: (e) => user.create({ id: String(e._id) }, { name: e.mail, x: 1 }),
    // @ts-expect-error One of several operations is on a table that is not listed.
    left: (e) => [sale.delete({ id: e._id }), user.delete({ id: String(e._id) })],
  },
})
defineMigration<Event>()({
  name: 'm',
  source,
  tables,
  on: {
    joined: (e) => user.create({ id: String(e._id) }, { name: e.mail, x: 1 }),
    // @ts-expect-error A field of another event.
    left: (e) => user.edit({ id: String(e._id) }, { name: e.mail }),
  },
})
defineMigration<Event>()({
  name: 'm',
  source,
  tables,
  on: {
    joined: 'ignore',
    // @ts-expect-error A mapping is not asynchronous.
    left: async (e) => user.delete({ id: String(e._id) }),
  },
})

report('people', {
  // @ts-expect-error A column name is a string.
  key: [7],
  legacy: () => [],
  warehouse: () => [],
})
report('people', {
  key: ['id'],
  tables,
  legacy: () => [],
  // @ts-expect-error A column that the view does not have.
  warehouse: (_, db) => db.selectFrom('user').select(['id', 'nme']),
})
report('people', {
  key: ['id'],
  tables,
  legacy: () => [],
  // @ts-expect-error The table behind the view is not for reports.
  warehouse: (_, db) => db.selectFrom('dim_user').select('id'),
})
report('people', {
  // @ts-expect-error A key that is not a column of the rows.
  key: ['id', 'nme'],
  tables,
  legacy: () => [],
  warehouse: (_, db) => db.selectFrom('user').select(['id', 'name']),
})
report('people', {
  // @ts-expect-error A key that is a column of the new rows only.
  key: ['name'],
  legacy: () => [{ id: 'a' }],
  warehouse: () => [{ id: 'a', name: 'b' }],
})
report('people', {
  key: ['id'],
  // @ts-expect-error Defaults that are not what the old report takes.
  params: { year: '2024' },
  legacy: (params: { year: number }) => [{ id: params.year }],
  warehouse: () => [],
})
report('people', {
  key: ['id'],
  params: { year: 2024 },
  // @ts-expect-error An unknown parameter.
  legacy: (params) => [{ id: params.month }],
  warehouse: () => [{ id: 1 }],
})
