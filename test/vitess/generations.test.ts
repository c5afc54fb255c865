import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/index.ts'
import { column as c, defineMigration, dimension, fact, group } from '../../src/exports/index.ts'
import {
  compileRegistered,
  planWarehouse,
  readWorkers,
  receiptsOf,
  schemaOf,
  statusOf,
} from '../../src/ledger/index.ts'
import { RECEIPT_TYPE_AND_STATE } from '../../src/ledger/receipts.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { checksumOf, viewNamesOf } from '../../src/star/index.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { memoryWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { shardedWarehouse, untilGateKnows } from './keyspace.ts'

interface ShopEvent {
  readonly _id: number
  readonly seq: number
  readonly type: 'opened' | 'moved' | 'sold' | 'closed'
  readonly at: Date
  readonly shop: string
  readonly city: string
  readonly street: string
  readonly size: number
}

const source = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const

/** A city and a price. */
function first(): Migration {
  const shop = dimension('shop', { key: { id: c.varchar(20) }, columns: { city: c.varchar(20) }, history: true })
  const sale = fact('sale', { key: { id: c.int() }, dimensions: { shop }, measures: { price: c.int() } })
  return defineMigration<ShopEvent>()({
    name: 'shops',
    source,
    tables: { shop, sale },
    on: {
      opened: (e) => shop.create({ id: e.shop }, { city: e.city }),
      moved: (e) => shop.edit({ id: e.shop }, { city: e.city }),
      closed: (e) => shop.delete({ id: e.shop }),
      sold: (e) => sale.create({ id: e._id }, { shop_id: e.shop, price: e.size }),
    },
  })
}

/** The same with a size in the dimension, a note in the fact, and the city in a group with the street. */
function last(): Migration {
  const shop = dimension('shop', {
    key: { id: c.varchar(20) },
    columns: {
      ...group('place', { city: c.varchar(20), street: c.varchar(20) }),
      size: c.int(),
    },
    history: true,
  })
  const sale = fact('sale', {
    key: { id: c.int() },
    dimensions: { shop },
    measures: { price: c.int(), note: c.varchar(9) },
  })
  return defineMigration<ShopEvent>()({
    name: 'shops',
    source,
    tables: { shop, sale },
    on: {
      opened: (e) => shop.create({ id: e.shop }, { city: e.city, street: e.street, size: e.size }),
      moved: (e) => shop.edit({ id: e.shop }, { city: e.city, street: e.street }),
      closed: (e) => shop.delete({ id: e.shop }),
      sold: (e) => sale.create({ id: e._id }, { shop_id: e.shop, price: e.size, note: 'sold' }),
    },
  })
}

const TYPES = ['opened', 'sold', 'moved', 'sold', 'moved', 'closed', 'opened', 'sold'] as const
const events = Array.from({ length: 400 }, (_, i) =>
  encodeEvent({
    _id: i,
    seq: i,
    type: TYPES[i % TYPES.length]!,
    at: new Date(Date.UTC(2024, 1, 1) + i * 1000),
    shop: `shop ${(i * 7) % 60}`,
    city: `city ${i % 9}`,
    street: `street ${i % 11}`,
    size: i % 5,
  } satisfies ShopEvent),
)

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await shardedWarehouse(schemaOf([first()]), [first()])
})
afterAll(() => warehouse.close())

async function checksums(target: Warehouse, migration: Migration): Promise<Record<string, string>> {
  const { relations } = await compileRegistered(migration, target)
  const sums = await Promise.all(relations.map((relation) => target.buckets(relation)))
  return Object.fromEntries(relations.map(({ name }, i) => [name, checksumOf(sums[i]!)]))
}

/** What is counted over all shards equals what is counted over all rows. */
async function expectCountsAsInMemory(migration: Migration): Promise<void> {
  const { relations } = await compileRegistered(migration, warehouse)
  const receipts = receiptsOf(migration)
  const memory = memoryWarehouse()
  for (const relation of [...relations, receipts]) {
    for await (const page of warehouse.scan(relation)) await memory.merge(relation, page)
  }
  for (const relation of relations) {
    const outdated = await warehouse.outdated(relation, 2)
    expect(outdated).not.toEqual([])
    expect(outdated).toEqual(await memory.outdated(relation, 2))
  }
  const counts = async (target: Pick<Warehouse, 'countBy'>): Promise<string[]> =>
    (await target.countBy(receipts, RECEIPT_TYPE_AND_STATE)).map(({ cells, rows }) => `${cells.join()}: ${rows}`)
  expect((await counts(warehouse)).toSorted()).toEqual((await counts(memory)).toSorted())
}

async function rowsOfView(url: string, name: string): Promise<string[]> {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query(`SELECT * FROM \`${name}\``)
    return (rows as object[]).map((row) => JSON.stringify(row)).toSorted()
  } finally {
    await connection.end()
  }
}

describe('a definition that changes on two shards', () => {
  test('ends like its last version alone on one server, with a worker of the first still writing', async () => {
    await createApplier(await compileRegistered(first(), warehouse), warehouse).apply(events.slice(0, 250), 'live')

    const plan = await planWarehouse(warehouse, [last()])
    expect(new Set(plan.steps.map(({ kind }) => kind))).toEqual(new Set(['add', 'view', 'register']))
    expect(plan.generations).toMatchObject([{ number: 2 }])
    expect(plan.replay).toEqual({ shops: 250 })
    await warehouse.apply(plan.steps)
    expect((await planWarehouse(warehouse, [last()])).steps).toEqual([])
    await untilGateKnows(warehouse, (await compileRegistered(last(), warehouse)).relations)

    const late = createApplier(await compileRegistered(first(), warehouse), warehouse)
    await late.apply(events.slice(200, 300), 'live')
    expect(await statusOf(last(), warehouse)).toMatchObject({
      generation: 2,
      receipts: { counting: 0, stale: 300, quarantined: 0 },
    })
    await expectCountsAsInMemory(last())
    const run = { source: memoryEvents(events, last()), warehouse, batchEvents: 60 }
    expect(await migrate(last(), run)).toMatchObject({ events: 400, applied: 400, outdated: [] })
    await late.apply(events.slice(250, 300), 'live')
    expect(await statusOf(last(), warehouse)).toMatchObject({
      receipts: { counting: 400, stale: 0, quarantined: 0 },
    })
    expect(await readWorkers(last(), warehouse)).toMatchObject([{ generation: 2 }])

    await using scratch = await freshWarehouse([last()])
    await migrate(last(), { ...run, warehouse: scratch.warehouse })
    expect(await checksums(warehouse, last())).toEqual(await checksums(scratch.warehouse, last()))
    const views = Object.values(last().tables).flatMap((table) => Object.values(viewNamesOf(table)))
    for (const view of views) {
      expect(await rowsOfView(inject('vitessUrl'), view)).toEqual(await rowsOfView(scratch.url, view))
    }
  })
})
