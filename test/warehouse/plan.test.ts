import { createConnection } from 'mysql2/promise'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, dimension, fact } from '../../src/exports/index.ts'
import { schemaOf } from '../../src/ledger/schema.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshName, freshSchema, onServer } from '../support/fresh.ts'
import { inOrder, write } from './writing.ts'
import { compile } from '../../src/mapping/index.ts'
import { sql } from '../support/sql.ts'

let stack: Closers
let schema: { url: string; name: string }
let warehouse: Warehouse

beforeEach(async () => {
  stack = new Closers()
  schema = stack.use(await freshSchema())
  warehouse = stack.use(mysqlWarehouse(schema.url))
})
afterEach(() => stack.disposeAsync())

const planFor = (...tables: AnyTable[]) => warehouse.plan({ tables, internal: [] })
const apply = async (...tables: AnyTable[]): Promise<void> => warehouse.apply(await planFor(...tables))
const columns = { name: c.varchar(9).nullable() }
const user = dimension('user', { key: { id: c.varchar(9) }, columns })
const withHistory = dimension('user', { key: { id: c.varchar(9) }, columns, history: true })

test.each(['user', 'user_members', 'user_history'])(
  'planning fails when a table named %s is where a view should be',
  async (name) => {
    await sql(warehouse, `CREATE TABLE ${name} (id INT PRIMARY KEY)`)
    await expect(planFor(withHistory)).rejects.toMatchObject({
      code: 'SCHEMA',
      message: `There is a table named ${name}, where a view of user should be.`,
    })
  },
)

test.each([
  [
    'a key',
    'ALTER TABLE dim_user MODIFY COLUMN id VARCHAR(9) COLLATE utf8mb4_bin NOT NULL',
    /dim_user\.id is varchar\(9\) \(utf8mb4_bin\)/,
  ],
  [
    'a value',
    'ALTER TABLE dim_user MODIFY COLUMN name VARCHAR(9) COLLATE utf8mb4_general_ci',
    /dim_user\.name is varchar\(9\) \(utf8mb4_general_ci\)/,
  ],
  [
    'a longer value',
    'ALTER TABLE dim_user MODIFY COLUMN name VARCHAR(3) COLLATE utf8mb4_general_ci',
    /dim_user\.name is varchar\(3\)/,
  ],
])(
  'another collation of %s is refused, and changed when destructive steps are allowed',
  async (_, change, sentence) => {
    await apply(user)
    await sql(warehouse, change)
    await expect(planFor(user)).rejects.toMatchObject({
      code: 'SCHEMA',
      message: expect.stringMatching(sentence) as string,
    })
    const steps = await warehouse.plan({ tables: [user], internal: [] }, { allowDestructive: true })
    expect(steps.map(({ kind }) => kind)).toEqual(['change'])
    await warehouse.apply(steps)
    expect(await planFor(user)).toEqual([])
  },
)

test('two processes may apply the same plan at the same time', async () => {
  await apply(user)
  const wider = dimension('user', {
    key: { id: c.varchar(9) },
    columns: { name: c.varchar(40).nullable(), more: c.int().nullable() },
    history: true,
  })
  const other = stack.use(mysqlWarehouse(schema.url))
  const calendar = { from: '2024-01-01', to: '2024-12-31' }
  const plans = await Promise.all([warehouse, other].map((of) => of.plan({ tables: [wider], internal: [], calendar })))
  expect(plans[0]).toEqual(plans[1])
  await Promise.all([warehouse.apply(plans[0]!), other.apply(plans[1]!)])
  expect(await warehouse.plan({ tables: [wider], internal: [], calendar })).toEqual([])
})

test('a history that is added to a filled dimension begins empty and fills with the events that follow', async () => {
  await apply(user)
  await write(warehouse, [user], inOrder(user.create({ id: 'a' }, { name: 'old' })))
  expect((await planFor(withHistory)).map(({ why }) => why)).toEqual([
    'the table dim_user_history is missing',
    'the view user_history is missing or has other columns',
  ])
  await apply(withHistory)
  expect(await sql(warehouse, 'SELECT * FROM user_history')).toEqual([])
  // The same events again, from the source: what migrating once more does.
  await write(warehouse, [withHistory], inOrder(withHistory.create({ id: 'a' }, { name: 'old' })))
  expect(await sql(warehouse, 'SELECT id, name, is_current FROM user_history')).toEqual([
    { id: 'a', name: 'old', is_current: 1 },
  ])
})

test('a history may have 62 columns, and carries the last like the first', async () => {
  const many = Object.fromEntries(Array.from({ length: 62 }, (_, i) => [`c${i}`, c.int().nullable()]))
  const wide = dimension('a'.repeat(48), { key: { id: c.int() }, columns: many, history: true })
  await apply(wide)
  const key = { id: 1 }
  await write(
    warehouse,
    [wide],
    inOrder(wide.create(key, { c0: 1, c61: 61 }), wide.edit(key, { c0: 2 }), wide.edit(key, { c61: null })).map(
      (doing) => ({ ...doing, at: `2024-01-0${doing.seq + 1} 00:00:00.000` }),
    ),
  )
  expect(await sql(warehouse, `SELECT c0, c61 FROM ${wide.name}_history ORDER BY valid_from`)).toEqual([
    { c0: 1, c61: 61 },
    { c0: 2, c61: 61 },
    { c0: 2, c61: null },
  ])
})

test('a user with the rights of the sink can apply events and cannot change tables', async () => {
  const sale = fact('sale', { key: { id: c.int() }, dimensions: { user: withHistory } })
  const migration = defineMigration<{ _id: number; seq: number; type: 'sold'; at: Date }>()({
    name: 'shop',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { user: withHistory, sale },
    on: { sold: (e) => [withHistory.edit({ id: 'a' }, { name: 'x' }), sale.create({ id: e._id }, { user_id: 'a' })] },
  })
  await warehouse.apply(await warehouse.plan(schemaOf([migration], { from: '2024-01-01', to: '2024-01-02' })))
  const sink = await userWith('SELECT, INSERT, UPDATE')
  const at = new Date('2024-02-29')
  const events = [
    { _id: 1, seq: 1, type: 'sold', at },
    { _id: 2, seq: 2, type: 'lost', at },
  ].map((event) => encodeEvent(event))
  const applier = createApplier(compile(migration), sink)
  for (let time = 0; time < 2; time++) {
    expect(await applier.apply(events, 'live')).toMatchObject({ applied: 1, quarantined: 1 })
  }
  const db = sink.reader<{ sale: { user_id: string } }>()
  expect(await db.selectFrom('sale').select('user_id').execute()).toEqual([{ user_id: 'a' }])
  for (const statement of [
    'CREATE TABLE t (i INT)',
    'ALTER TABLE fact_sale ADD COLUMN i INT',
    'DROP TABLE fact_sale',
    'DELETE FROM fact_sale',
  ]) {
    await expect(sink.apply([{ kind: 'change', why: 'a test', sql: statement }])).rejects.toMatchObject({
      code: 'DENIED',
    })
  }
})

test('a user with the rights of apply can plan, apply and widen', async () => {
  const admin = await userWith('SELECT, INSERT, UPDATE, CREATE, ALTER, CREATE VIEW, DROP')
  const schemaFor = (name: number) => ({
    tables: [dimension('user', { key: { id: c.int() }, columns: { name: c.varchar(name) }, history: true })],
    internal: [],
    calendar: { from: '2024-01-01', to: '2024-12-31' },
  })
  await admin.apply(await admin.plan(schemaFor(9)))
  await admin.apply(await admin.plan(schemaFor(40)))
  expect(await admin.plan(schemaFor(40))).toEqual([])
})

/** A warehouse for a user who has these rights on the database, and no others. */
async function userWith(rights: string): Promise<Warehouse> {
  const name = freshName().slice(-20)
  const connection = await createConnection(inject('mysqlUrl'))
  await connection.query(`CREATE USER '${name}'@'%' IDENTIFIED BY 'Secret-1'`)
  await connection.query(`GRANT ${rights} ON \`${schema.name}\`.* TO '${name}'@'%'`)
  await connection.end()
  stack.defer(() => onServer(`DROP USER '${name}'@'%'`))
  const url = new URL(schema.url)
  url.username = name
  url.password = 'Secret-1'
  return stack.use(mysqlWarehouse(url.href))
}

test('a view of a history with an outdated definition is replaced', async () => {
  await apply(withHistory)
  const [{ VIEW_DEFINITION: definition }] = (await sql(
    warehouse,
    "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'user_history'",
  )) as [{ VIEW_DEFINITION: string }]
  await sql(warehouse, `CREATE OR REPLACE VIEW user_history AS ${definition.replace(/`framed\w*`/g, '`old`')}`)
  expect((await planFor(withHistory)).map(({ why }) => why)).toEqual([
    'the view user_history has an outdated definition',
  ])
  await apply(withHistory)
  expect(await planFor(withHistory)).toEqual([])
})

test('columns for which a table has no room beside those that are no longer defined are refused until these are dropped', async () => {
  // 253 bytes each, which never leave the page: more than half of it.
  const of = (prefix: string) =>
    dimension('wide', {
      key: { id: c.int() },
      columns: Object.fromEntries(
        Array.from({ length: 18 }, (_, i) => [`${prefix}${i}`, c.varchar(63).max().nullable()]),
      ),
    })
  await apply(of('a'))
  await expect(planFor(of('b'))).rejects.toMatchObject({
    code: 'SCHEMA',
    message: /The table dim_wide has no room for its new columns: .*\(a0, a1, .*takes up to \d+ bytes/,
    remedy: expect.stringContaining('--allow-destructive') as unknown,
  })
  const steps = await warehouse.plan({ tables: [of('b')], internal: [] }, { allowDestructive: true })
  await warehouse.apply(steps)
  expect(await planFor(of('b'))).toEqual([])
})

test('a warehouse whose internal tables have another form is refused', async () => {
  const thing = dimension('thing', { key: { id: c.int() } })
  const migration = defineMigration<{ _id: number; type: 'made'; at: Date }>()({
    name: 'things',
    source: { collection: 'events', type: 'type', order: '_id', time: 'at' },
    tables: { thing },
    on: { made: (e) => thing.create({ id: e._id }) },
  })
  await warehouse.apply(await warehouse.plan(schemaOf([migration])))
  await sql(warehouse, 'ALTER TABLE _receipt_things DROP COLUMN event_type')
  await expect(warehouse.plan(schemaOf([migration]))).rejects.toMatchObject({
    code: 'SCHEMA',
    message:
      'The table _receipt_things has no column event_type: another version of changeover has made it, which stored rows in another form.',
  })
})
