import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension, fact, group } from '../../src/exports/index.ts'
import { asOf } from '../../src/exports/warehouse.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { write, type Doing } from '../warehouse/writing.ts'
import { shardedWarehouse } from './keyspace.ts'

const user = dimension('user', {
  key: { id: c.varchar(40), part: c.int() },
  columns: {
    name: c.varchar(9).nullable(),
    plan: c.enum('free', 'gold').default('free'),
    spent: c.decimal(12, 2).nullable(),
    mail: c.varchar(9).pii(),
    ...group('spot', { x: c.int().nullable(), y: c.double().nullable() }),
  },
  history: true,
})
const shop = dimension('shop', { key: { id: c.int() }, columns: { city: c.text().nullable() }, history: true })
const sale = fact('sale', {
  key: { id: c.int() },
  dimensions: { user, shop, day: c.date() },
  measures: { at: c.datetime().nullable(), price: c.decimal(12, 2), size: c.double() },
})
const tables = [user, shop, sale]
const relations = tables.flatMap(relationsOf)

let plain: FreshWarehouse
let sharded: Warehouse
beforeAll(async () => {
  plain = await freshTables(tables)
  sharded = await shardedWarehouse({ tables, internal: [] })
})
afterAll(async () => {
  await sharded.close()
  await plain[Symbol.asyncDispose]()
})
beforeEach(async () => {
  for (const relation of relations) for (const warehouse of [plain.warehouse, sharded]) await warehouse.clear(relation)
})

const KEYS = ['a', 'A', 'a ', 'a\0', 'a\0\0', '', '😀'.repeat(40)].flatMap((id) =>
  [0, -1].map((part) => ({ id, part })),
)
const TIMES = [1, 2, 3, 4].map((day) => new Date(Date.UTC(2024, 1, day, 23, 59, 59, 999)))
const values = fc.record(
  {
    name: fc.constantFrom('ann', 'bob', null),
    plan: fc.constantFrom('free', 'gold'),
    spent: fc.constantFrom('1.50', null),
    mail: fc.constantFrom('m', null),
  },
  { requiredKeys: [] },
)
const event = fc.record({
  kind: fc.constantFrom('create', 'edit', 'edit', 'delete', 'erase', 'sell', 'sell', 'void'),
  key: fc.constantFrom(...KEYS),
  id: fc.nat(20),
  values,
  at: fc.constantFrom(...TIMES),
})
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never

function doingOf({ kind, key, id, values: given, at }: Event, seq: number): Doing {
  const time = at.toISOString().replace('T', ' ').slice(0, 23)
  const sold = {
    user_id: key.id,
    user_part: key.part,
    shop_id: id % 3,
    day: '2024-02-01',
    at,
    price: '7.10',
    size: 0.1,
  }
  const operations =
    kind === 'sell'
      ? [sale.create({ id }, sold)]
      : kind === 'void'
        ? [sale.delete({ id })]
        : [
            { table: user, kind, key, values: kind === 'create' || kind === 'edit' ? given : {} } as Operation,
            shop.edit({ id: id % 3 }, { city: `c${id}` }),
            ...(kind === 'create' ? [shop.create({ id: id % 3 }, { city: null })] : []),
          ]
  return { seq, at: time, operations }
}

type Database = Record<string, Record<string, unknown>>

/** Every row of a query, as text, in an order that does not depend on the engine. */
async function rowsOfQuery(
  { reader }: Pick<Warehouse, 'reader'>,
  query: (db: ReturnType<typeof reader<Database>>) => { execute(): Promise<unknown[]> },
): Promise<string[]> {
  const rows = await query(reader<Database>()).execute()
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

describe('on two shards as on one server', () => {
  const queries: Readonly<Record<string, Parameters<typeof rowsOfQuery>[1]>> = {
    'the live rows': (db) => db.selectFrom('user').selectAll(),
    'the members': (db) => db.selectFrom('user_members').selectAll(),
    'the history': (db) => db.selectFrom('user_history').selectAll(),
    'a history by its key': (db) =>
      db.selectFrom('user_history').where('id', '=', 'a').where('part', '=', 0).selectAll(),
    'an aggregate': (db) =>
      db
        .selectFrom('sale')
        .groupBy('shop_id')
        .select((eb) => [
          'shop_id',
          eb.fn.countAll().as('n'),
          eb.fn.sum('price').as('price'),
          eb.fn.max('at').as('last'),
        ]),
    'a join of a fact and a dimension': (db) =>
      db
        .selectFrom('sale')
        .leftJoin('user_members', (on) =>
          on.onRef('user_members.id', '=', 'sale.user_id').onRef('user_members.part', '=', 'sale.user_part'),
        )
        .select(['sale.id', 'user_members.name', 'user_members.member_state']),
    'the versions as of the facts, by a range': (db) =>
      db
        .selectFrom('sale')
        .leftJoin('shop_history', (on) =>
          on
            .onRef('shop_history.id', '=', 'sale.shop_id')
            .onRef('shop_history.valid_from', '<=', 'sale.at')
            .on((eb) =>
              eb.or([eb('shop_history.valid_to', 'is', null), eb('shop_history.valid_to', '>', eb.ref('sale.at'))]),
            ),
        )
        .select(['sale.id', 'shop_history.city', 'shop_history.valid_from']),
  }
  test.each(Object.keys(queries))('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 50 }), async (events) => {
        for (const relation of relations)
          for (const warehouse of [plain.warehouse, sharded]) await warehouse.clear(relation)
        for (const warehouse of [plain.warehouse, sharded]) await write(warehouse, tables, events.map(doingOf))
        expect(await rowsOfQuery(sharded, queries[name]!)).toEqual(await rowsOfQuery(plain.warehouse, queries[name]!))
      }),
      { numRuns: 15 },
    )
  })
})

test('asOf is refused, because the facts and the versions of a key are on different shards', async () => {
  const query = sharded
    .reader<Database>()
    .selectFrom(asOf(sale, 'at', { user }).as('sold'))
    .selectAll()
  await expect(query.execute()).rejects.toThrow('expr cannot be translated, not supported: first_value(')
})
