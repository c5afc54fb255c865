// Measures reports over history: `npm run bench:as-of`. README.md explains the figures.
import { parseArgs } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { column as c, dimension, fact, type AnyTable, type VersionOf, type RowOf } from 'changeover'
import { asOf, mysqlWarehouse, type Warehouse } from 'changeover/warehouse'
import { startStack } from '../dev/stack/index.ts'

const { values } = parseArgs({
  options: {
    versions: { type: 'string', default: '4000' },
    facts: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
  },
})
const [versions, facts, rounds] = [Number(values.versions), Number(values.facts), Number(values.rounds)]
const DATABASE = `changeover_bench_${process.pid}`
const SECOND = 1000
const FROM = Date.UTC(2024, 0, 1)

const customer = dimension('customer', {
  key: { id: c.varchar(40) },
  columns: { tier: c.int(), city: c.varchar(40) },
  history: true,
})
const order = fact('order', {
  key: { id: c.int() },
  dimensions: { customer },
  measures: { at: c.datetime(), cents: c.int() },
})
type Views = { order: RowOf<typeof order>; customer_history: VersionOf<typeof customer> }

/** Spreads versions and facts evenly over time and over keys, by plain statements: this measures reading. */
async function fill(url: string, keys: number): Promise<void> {
  const connection = await createConnection(url)
  const zeros = Buffer.alloc(16)
  const each = async (table: string, count: number, row: (i: number) => unknown[]): Promise<void> => {
    await connection.query(`DELETE FROM ${table}`)
    for (let from = 0; from < count; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, count - from) }, (_, i) => row(from + i))
      const [columns] = await connection.query(`SHOW COLUMNS FROM ${table}`)
      const names = (columns as { Field: string }[]).map(({ Field }) => Field)
      await connection.query(`INSERT INTO ${table} (${names.join(', ')}) VALUES ?`, [rows.map((r) => named(r, names))])
    }
  }
  const named = ([cells]: unknown[], names: readonly string[]): unknown[] =>
    names.map((name) => (cells as Record<string, unknown>)[name] ?? (name.startsWith('_stamp') ? zeros : null))
  const customerOf = (i: number): string => `customer ${i % keys}`
  const time = (i: number, of: number): string =>
    new Date(FROM + Math.floor((i * versions * SECOND) / of)).toISOString().replace('T', ' ').slice(0, 23)
  await each('dim_customer_history', versions, (i) => {
    const event = Buffer.alloc(14)
    event.writeUInt32BE(i, 8)
    const cells = { id: customerOf(i), _event: event, _at: time(i, versions), tier: i % 7, city: `city ${i % 50}` }
    return [{ ...cells, _written_tier: 1, _written_city: 1, _live: 1, _origin: 1 }]
  })
  await each('fact_order', facts, (i) => [
    { id: i, customer_id: customerOf(i), at: time(i, facts), cents: i, _live: 1, _live_stamp: zeros, _origin: 1 },
  ])
  await connection.query('ANALYZE TABLE dim_customer_history, fact_order')
  await connection.end()
}

function linear(warehouse: Warehouse): Promise<unknown> {
  return warehouse
    .reader<Views>()
    .selectFrom(asOf(order, 'at', { customer }).as('o'))
    .select((eb) => ['o.customer_tier', eb.fn.sum('o.cents').as('cents')])
    .groupBy('o.customer_tier')
    .orderBy('o.customer_tier')
    .execute()
}

function byRange(warehouse: Warehouse): Promise<unknown> {
  return warehouse
    .reader<Views>()
    .selectFrom('order as o')
    .leftJoin('customer_history as h', (join) =>
      join
        .onRef('h.id', '=', 'o.customer_id')
        .onRef('h.valid_from', '<=', 'o.at')
        .on((eb) => eb.or([eb('h.valid_to', 'is', null), eb('o.at', '<', eb.ref('h.valid_to'))])),
    )
    .select((eb) => ['h.tier as customer_tier', eb.fn.sum('o.cents').as('cents')])
    .groupBy('h.tier')
    .orderBy('h.tier')
    .execute()
}

function bothAlone(warehouse: Warehouse): Promise<unknown> {
  const db = warehouse.reader<Views>()
  return Promise.all(
    (['order', 'customer_history'] as const).map((view) =>
      db
        .selectFrom(view)
        .select((eb) => eb.fn.countAll().as('n'))
        .execute(),
    ),
  )
}

async function median(run: () => Promise<unknown>, count: number): Promise<{ ms: number; result: string }> {
  const times: number[] = []
  let result: unknown
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    result = await run()
    times.push(performance.now() - start)
  }
  return { ms: times.toSorted((a, b) => a - b)[Math.floor(count / 2)]!, result: JSON.stringify(result) }
}

await using stack = await startStack({ only: ['mariadb', 'mysql'], say: console.error })
console.log(`${versions} versions, ${facts} facts, medians of ${rounds}; the range join once`)
for (const [engine, server] of [
  ['MariaDB', stack.mariadbUrl],
  ['MySQL', stack.mysqlUrl],
] as const) {
  const admin = await createConnection(server)
  await admin.query(`CREATE DATABASE ${DATABASE}`)
  const url = `${server}/${DATABASE}`
  const warehouse = mysqlWarehouse(url)
  try {
    const tables: AnyTable[] = [customer, order]
    await warehouse.apply(await warehouse.plan({ tables, internal: [] }))
    for (const keys of [1, 400]) {
      await fill(url, keys)
      const quick = await median(() => linear(warehouse), rounds)
      const alone = await median(() => bothAlone(warehouse), rounds)
      const slow = await median(() => byRange(warehouse), 1)
      if (quick.result !== slow.result) throw new Error(`${engine}: the two joins differ`)
      const ratio = (a: number, b: number): string => (a / b).toFixed(a / b < 10 ? 1 : 0)
      console.log(
        `${engine}, ${keys} keys: asOf ${quick.ms.toFixed(0)} ms, ${ratio(quick.ms, alone.ms)} times counting both views; ` +
          `the range join ${slow.ms.toFixed(0)} ms, ${ratio(slow.ms, quick.ms)} times asOf`,
      )
    }
  } finally {
    await warehouse.close()
    await admin.query(`DROP DATABASE ${DATABASE}`)
    await admin.end()
  }
}
