import { describe, expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { until } from '../../src/core/index.ts'
import { encodeEvent } from '../../src/event/index.ts'
import { calendar, column as c, defineMigration, dimension, fact } from '../../src/exports/index.ts'
import { compileRegistered, countWithoutReceipt, planWarehouse, schemaOf, statusOf } from '../../src/ledger/index.ts'
import { compile, definitionOf, senderOf } from '../../src/mapping/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { createSink } from '../../src/sink/index.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { vschemaOf, type Warehouse } from '../../src/warehouse/index.ts'
import { bucketsSql } from '../../src/warehouse/checks/buckets.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { isEmpty, sendAll } from '../sink/sinking.ts'
import { freshTables } from '../support/fresh.ts'
import { statementsOf } from './recording.ts'
import { refusalOf } from './sharded.ts'

interface Sold {
  readonly _id: number
  readonly seq: number
  readonly type: 'sold'
  readonly at: Date
  readonly shop: unknown
}

const shop = dimension('shop', {
  key: { id: c.varchar(20), part: c.int() },
  columns: { city: c.varchar(20) },
  history: true,
})
const sale = fact('sale', {
  key: { id: c.int() },
  dimensions: { shop, day: calendar },
  measures: { price: c.int(), note: c.text().last().nullable() },
})
const shops = defineMigration<Sold>()({
  name: 'shops',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { shop, sale },
  on: {
    sold: (e) => [
      shop.create({ id: e.shop as string, part: 1 }, { city: 'x' }),
      sale.create({ id: e._id }, { shop_id: e.shop as string, shop_part: 1, day_date: e.at, price: 1 }),
    ],
  },
})
/** The same under another definition: a column more in each table. */
const grownShop = dimension('shop', {
  key: { id: c.varchar(20), part: c.int() },
  columns: { city: c.varchar(20), size: c.int() },
  history: true,
})
const grownSale = fact('sale', {
  key: { id: c.int() },
  dimensions: { shop: grownShop, day: calendar },
  measures: { price: c.int(), note: c.text().last().nullable(), tax: c.int().nullable() },
})
const changedShops = defineMigration<Sold>()({
  name: 'shops',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { shop: grownShop, sale: grownSale },
  on: {
    sold: (e) => [
      grownShop.create({ id: e.shop as string, part: 1 }, { city: 'x', size: 1 }),
      grownSale.create({ id: e._id }, { shop_id: e.shop as string, shop_part: 1, day_date: e.at, price: 1, tax: 1 }),
    ],
  },
})
const schema = schemaOf([shops], { from: '2024-01-01', to: '2024-12-31' })
const vschema = vschemaOf(schema)
const relations = [...schema.tables.flatMap(relationsOf), ...schema.internal]
const events = Array.from({ length: 60 }, (_, i) =>
  encodeEvent({ _id: i, seq: i, type: 'sold', at: new Date('2024-02-29'), shop: i % 10 === 0 ? i : `shop ${i % 7}` }),
)

/** The part of every statement that says which it is, for messages. */
const short = (statement: string): string => statement.replaceAll(/\s+/g, ' ').slice(0, 160)

async function everyStatement(): Promise<{ readonly statements: string[]; readonly warehouse: Warehouse }> {
  const fresh = await freshTables()
  const { warehouse } = fresh
  const source = memoryEvents(events, shops)
  const statements = await statementsOf(async () => {
    await warehouse.dialect()
    // Tables as an older definition had them, so that there is something to add, to widen, to index and to drop.
    const older = dimension('shop', {
      key: { id: c.varchar(20), part: c.int() },
      columns: { city: c.varchar(9), old: c.int() },
    })
    await warehouse.apply(await warehouse.plan({ tables: [older], internal: [] }))
    await warehouse.apply(await warehouse.plan(schema))
    await warehouse.apply(await warehouse.plan(schema, { allowDestructive: true }))
    await warehouse.apply((await planWarehouse(warehouse, [shops], { allowDestructive: true })).steps)
    await createApplier(compile(shops), warehouse).apply(events, 'live')
    await createApplier(compile(shops), warehouse).check()
    const stop = new AbortController()
    let batches = 0
    const onProgress = (): void => void (++batches === 2 && stop.abort(new Error('stopped')))
    await migrate(shops, { source, warehouse, batchEvents: 10, onProgress, signal: stop.signal }).catch(() => {})
    await migrate(shops, { source, warehouse, batchEvents: 10 })
    const queue = memoryQueue()
    await sendAll(queue, [encodeMessage(senderOf(definitionOf(shops)), events)])
    const ended = new AbortController()
    const running = createSink(shops, { queue, warehouse, waitSeconds: 1 }).run({ signal: ended.signal })
    await until(() => isEmpty(queue), { signal: AbortSignal.timeout(30_000) })
    ended.abort()
    await running
    // A definition that changes: registered, and looked at while receipts of the earlier one are there.
    await warehouse.apply((await planWarehouse(warehouse, [changedShops], { allowDestructive: true })).steps)
    await statusOf(changedShops, warehouse)
    await createApplier(await compileRegistered(changedShops, warehouse), warehouse).apply(events, 'live')
    await migrate(changedShops, { source: memoryEvents(events, changedShops), warehouse, tables: ['shop'] })
    await migrate(changedShops, { source: memoryEvents(events, changedShops), warehouse, fresh: true })
    await countWithoutReceipt(shops, source.idsBetween(null, null), warehouse)
    for (const relation of relations) {
      await warehouse.outdated(relation, 2)
      await Array.fromAsync(warehouse.scan(relation, { pageRows: 5 }))
      const [row] = (await Array.fromAsync(warehouse.scan(relation, { pageRows: 1 }))).flat()
      if (row) await warehouse.find(relation, [row.slice(0, relation.keyLength) as never])
      await warehouse.buckets(relation)
      await warehouse.merge(relation, [])
    }
    // Contents that conflict, so that they are counted and then listed.
    const other = encodeEvent({ _id: 1, seq: 99, type: 'sold', at: new Date('2024-02-28'), shop: 'other' })
    await createApplier(compile(shops), warehouse).apply([other], 'live')
    await warehouse.conflicts(schema.tables)
    for (const relation of relations) await warehouse.clear(relation)
    await warehouse
      .reader<{ sale: { id: number } }>()
      .selectFrom('sale')
      .select((eb) => eb.fn.countAll().as('n'))
      .execute()
  })
  await fresh[Symbol.asyncDispose]()
  return { statements, warehouse }
}

describe('on a sharded MySQL', () => {
  test('every statement of the data path touches the rows of one key or of one table, and moves none to another shard', async () => {
    const { statements, warehouse } = await everyStatement()
    const refused = statements.flatMap((statement) => {
      const reason = refusalOf(statement, vschema)
      return reason === undefined ? [] : [{ reason, statement }]
    })
    // `selectOnShards` sends these to each shard when the keyspace as a whole refuses them.
    const perShard = new Set(relations.map(bucketsSql))
    expect(
      refused
        .filter(({ statement }) => !perShard.has(statement))
        .map(({ reason, statement }) => `${reason}: ${short(statement)}`),
    ).toEqual([])
    expect(refused).toHaveLength(relations.length)

    // A write of many keys is not one transaction over all shards, in which two writers may wait for each other.
    // That of a definition is one row.
    const writes = statements.filter((each) => /^(?:INSERT|DELETE)\b(?! INTO `_generation`).*\?/s.test(each))
    expect(writes.filter((each) => !/^\w+ \/\*vt\+ MULTI_SHARD_AUTOCOMMIT=1 \*\/ /.test(each)).map(short)).toEqual([])

    // Nothing was recorded in vain: each kind of statement is there, and each method of the warehouse was called.
    const written = relations.filter(({ name }) =>
      statements.some((each) => each.startsWith('INSERT') && each.includes(`INTO \`${name}\` (`)),
    )
    expect(written).toEqual(relations)
    expect(statements.some((each) => each.includes('EXISTS (SELECT 1 FROM `_receipt_shops`'))).toBe(true)
    for (const part of [
      'GROUP BY `event_type`, `state`',
      'SUM(`_stamp',
      'INTO `_generation`',
      'FROM `_worker_shops`',
    ]) {
      expect([part, statements.some((each) => each.includes(part))]).toEqual([part, true])
    }
    const verbs = new Set(statements.map((statement) => /\w+/.exec(statement)![0].toUpperCase()))
    expect([...verbs].toSorted()).toEqual(['ALTER', 'CREATE', 'DELETE', 'INSERT', 'SELECT', 'SET', 'UPDATE'])
    const methods = Object.keys(warehouse).filter((name) => typeof warehouse[name as keyof Warehouse] === 'function')
    // Call a new one above.
    expect(methods.toSorted()).toEqual(
      [
        'apply',
        'buckets',
        'clear',
        'close',
        'conflicts',
        'countBy',
        'dialect',
        'find',
        'merge',
        'outdated',
        'plan',
        'reader',
        'scan',
      ].toSorted(),
    )
  })

  test.each([
    ['BEGIN'],
    ['SET autocommit = 0'],
    ['SELECT `id` FROM `fact_sale` WHERE `id` = 1 FOR UPDATE'],
    ["SELECT GET_LOCK('a', 1)"],
    ['SELECT LAST_INSERT_ID()'],
    ['SELECT @last := `id` FROM `fact_sale`'],
    ['SET @n = 1'],
    ['REPLACE INTO `fact_sale` (`id`) VALUES (1)'],
    ['SELECT 1 FROM `fact_sale`, `dim_shop`'],
    ['SELECT 1 FROM `fact_sale` JOIN `dim_shop` ON `dim_shop`.`id` = `fact_sale`.`shop_id`'],
    ['DELETE `fact_sale` FROM `fact_sale` JOIN `dim_shop` ON `dim_shop`.`id` = `fact_sale`.`shop_id`'],
    ['UPDATE `fact_sale` JOIN `dim_shop` ON 1 = 1 SET `price` = 2'],
    ['DELETE FROM `fact_sale` WHERE EXISTS (SELECT 1 FROM `dim_shop` WHERE `dim_shop`.`id` = `fact_sale`.`shop_id`)'],
    ['INSERT INTO `fact_sale` (`price`) VALUES (1)'],
    ['INSERT INTO `fact_sale` VALUES (1)'],
    ['INSERT INTO `fact_sale` (`id`) SELECT `id` FROM `dim_shop`'],
    ['INSERT INTO `fact_sale` (`id`, `price`) VALUES (1, 2) ON DUPLICATE KEY UPDATE `price` = 1, `id` = 2'],
    ['INSERT INTO `fact_sale` (`id`, `price`) VALUES (1, 2) ON DUPLICATE KEY UPDATE `id` = `fact_sale`.`id`'],
    ['UPDATE `fact_sale` SET `id` = `id` WHERE 1 = 0'],
    ['SELECT COUNT(*) FROM `somewhere`'],
    ['SELECT BIT_XOR(`price`) FROM `fact_sale`'],
    ['SELECT SUM(`price`) OVER (PARTITION BY `id`) FROM `fact_sale`'],
  ])('refused: %s', (statement) => {
    expect(refusalOf(statement, vschema)).toBeDefined()
  })

  test.each([
    ["SELECT 'FOR UPDATE @x' FROM `fact_sale`"],
    ['SELECT @@sql_mode'],
    ['INSERT INTO `fact_sale` (`id`, `price`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `price` = VALUES(`price`)'],
    [
      'DELETE FROM `dim_shop` WHERE `dim_shop`.`id` IN (?) AND EXISTS (SELECT 1 FROM `dim_shop_history` WHERE `dim_shop_history`.`id` = `dim_shop`.`id`)',
    ],
    ['UPDATE `fact_sale` SET `price` = `price` WHERE 1 = 0'],
  ])('taken: %s', (statement) => {
    expect(refusalOf(statement, vschema)).toBeUndefined()
  })
})
