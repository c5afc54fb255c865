import { afterAll, beforeAll, expect, test } from 'vitest'
import { column as c, dimension, fact, optional, type MemberOf, type RowOf } from '../../src/exports/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { inOrder, write } from './writing.ts'
import { sql } from '../support/sql.ts'

const user = dimension('user', { key: { id: c.varchar(9) }, columns: { name: c.varchar(9), mail: c.varchar(9).pii() } })
const message = fact('message', { key: { id: c.int() }, dimensions: { sender: user, receiver: user } })
// A fact of a process, not of an event: each event sets the milestone that it is about.
const order = fact('order', {
  key: { id: c.int() },
  dimensions: { user },
  measures: {
    placed_at: c.datetime().min().nullable(),
    first_state: c.varchar(9).first().nullable(),
    shipped_on: c.date().last().nullable(),
    state: c.varchar(9).last().default('placed'),
    touched_at: c.datetime().max().nullable(),
  },
})
const tables = [user, message, order]

let fresh: FreshWarehouse
let warehouse: Warehouse

beforeAll(async () => {
  fresh = await freshTables(tables)
  ;({ warehouse } = fresh)
  await write(
    warehouse,
    tables,
    inOrder(
      user.create({ id: 'live' }, { name: 'ann' }),
      user.create({ id: 'dead' }, { name: 'bob' }),
      user.edit({ id: 'early' }, { name: 'cyd' }),
      user.delete({ id: 'dead' }),
      user.delete({ id: 'never' }),
      user.erase({ id: 'erased' }),
      message.create({ id: 1 }, { sender_id: 'live', receiver_id: 'dead' }),
      message.create({ id: 2 }, { sender_id: 'early', receiver_id: 'unheard' }),
    ),
  )
})
afterAll(() => fresh[Symbol.asyncDispose]())

test('the members view has every row that any event mentioned, with its state', async () => {
  const rows: Pick<MemberOf<typeof user>, 'id' | 'name' | 'member_state'>[] = await warehouse
    .reader<{ user_members: MemberOf<typeof user> }>()
    .selectFrom('user_members')
    .select(['id', 'name', 'member_state'])
    .orderBy('id')
    .execute()
  expect(rows.map(({ id, name, member_state }) => [id, name, member_state])).toEqual([
    ['dead', 'bob', 'deleted'],
    ['early', 'cyd', 'not yet arrived'],
    ['erased', null, 'not yet arrived'],
    ['live', 'ann', 'live'],
    ['never', null, 'deleted'],
  ])
  expect(await sql(warehouse, 'SELECT id FROM user')).toEqual([{ id: 'live' }])
})

test('a fact keeps its row in a left join, whatever has arrived of its dimension, in both of its roles', async () => {
  const rows = await warehouse
    .reader<{ message: RowOf<typeof message>; user_members: MemberOf<typeof user> }>()
    .selectFrom('message')
    .leftJoin('user_members as sender', 'sender.id', 'message.sender_id')
    .leftJoin('user_members as receiver', 'receiver.id', 'message.receiver_id')
    .select((eb) => [
      'message.id',
      'sender.name as from',
      eb.fn.coalesce('sender.member_state', eb.val('never heard of')).as('from_state'),
      'receiver.name as to',
      eb.fn.coalesce('receiver.member_state', eb.val('never heard of')).as('to_state'),
    ])
    .orderBy('message.id')
    .execute()
  expect(rows).toEqual([
    { id: 1, from: 'ann', from_state: 'live', to: 'bob', to_state: 'deleted' },
    { id: 2, from: 'cyd', from_state: 'not yet arrived', to: null, to_state: 'never heard of' },
  ])
})

test('an accumulating fact gathers its milestones in any order', async () => {
  const key = { id: 7 }
  const [monday, tuesday] = ['2024-01-01T08:00:00Z', '2024-01-02T08:00:00Z'] as const
  const events = inOrder(
    order.create(key, { user_id: 'live', placed_at: monday, first_state: 'cart', touched_at: monday }),
    order.edit(key, { shipped_on: '2024-01-02', state: 'shipped', touched_at: tuesday, first_state: 'late' }),
    order.edit(key, { shipped_on: '2024-01-03' }),
    order.edit(key, { placed_at: tuesday, state: 'returned' }),
  )
  for (const arrivals of [events, events.toReversed(), [events[2]!, events[0]!, events[3]!, events[1]!]]) {
    await sql(warehouse, 'DELETE FROM fact_order')
    for (const event of arrivals) await write(warehouse, tables, [event])
    const [row] = await warehouse.reader<{ order: RowOf<typeof order> }>().selectFrom('order').selectAll().execute()
    expect(row).toEqual({
      id: 7,
      user_id: 'live',
      placed_at: new Date(monday),
      first_state: 'cart',
      shipped_on: '2024-01-03',
      state: 'returned',
      touched_at: new Date(tuesday),
    })
  }
})

test('a fact may leave an optional role empty, and the view of the fact shows NULL', async () => {
  const reply = fact('reply', { key: { id: c.int() }, dimensions: { sender: user, agent: optional(user) } })
  await using own = await freshTables([user, reply])
  const replies = inOrder(
    reply.create({ id: 1 }, { sender_id: 'live', agent_id: 'ann' }),
    reply.create({ id: 2 }, { sender_id: 'live' }),
    reply.create({ id: 3 }, { sender_id: 'live', agent_id: null }),
  )
  await write(own.warehouse, [user, reply], replies)
  const rows: RowOf<typeof reply>[] = await own.warehouse
    .reader<{ reply: RowOf<typeof reply> }>()
    .selectFrom('reply')
    .selectAll()
    .orderBy('id')
    .execute()
  expect(rows.map(({ agent_id }) => agent_id)).toEqual(['ann', null, null])
})
