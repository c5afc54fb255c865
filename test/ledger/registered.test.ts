import { describe, expect, test } from 'vitest'
import { column as c, defineMigration, dimension, fact, type Columns, type Migration } from '../../src/exports/index.ts'
import { findRegistered, planWarehouse, readGenerations, type WarehousePlanOptions } from '../../src/ledger/index.ts'
import { memoryWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { emptyWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

interface Happened {
  readonly _id: number
  readonly seq: number
  readonly no: number
  readonly at: Date
  readonly type: 'a'
}

interface Parts {
  readonly name?: string
  readonly revision?: number
  readonly order?: 'seq' | 'no'
  readonly columns?: Columns
}

const id = { id: c.int() }
const user = (columns: Columns = {}) => dimension('user', { key: id, columns: { name: c.varchar(9), ...columns } })
const shared = user()

function made({ name = 'users', revision = 1, order = 'seq', columns }: Parts = {}): Migration {
  return defineMigration<Happened>()({
    name,
    revision,
    source: { collection: 'events', type: 'type', order, time: 'at' },
    tables: { user: columns ? user(columns) : shared },
    on: { a: () => [] },
  })
}

async function apply(warehouse: Warehouse, migrations: readonly Migration[], options: WarehousePlanOptions = {}) {
  const plan = await planWarehouse(warehouse, migrations, options)
  await warehouse.apply(plan.steps)
  return plan
}

const numberOf = async (warehouse: Warehouse, migration: Migration): Promise<number> =>
  (await findRegistered(migration, warehouse)).compiled.generation

describe('a worker', () => {
  test('finds no number before its definition is applied, and then the one that it got', async () => {
    const warehouse = await emptyWarehouse()
    const [first, second] = [made(), made({ columns: { more: c.int() } })]
    await expect(findRegistered(first, warehouse)).rejects.toMatchObject({
      code: 'UNREGISTERED',
      remedy: 'Run changeover apply.',
    })
    expect((await apply(warehouse, [first])).generations).toMatchObject([{ number: 1 }])
    expect(await numberOf(warehouse, first)).toBe(1)
    await expect(findRegistered(second, warehouse)).rejects.toMatchObject({
      code: 'UNREGISTERED',
      message: expect.stringMatching(
        /^The definition of the migration users \(fingerprint [0-9a-f]{8}…\) was not applied/,
      ),
      remedy: expect.stringContaining('with the config that is deployed here'),
    })
    await apply(warehouse, [second])
    expect([await numberOf(warehouse, first), await numberOf(warehouse, second)]).toEqual([1, 2])
  })

  test('finds none where only tables were made', async () => {
    const warehouse = await emptyWarehouse()
    await warehouse.apply((await planWarehouse(warehouse, [made()])).steps.filter(({ kind }) => kind !== 'register'))
    await expect(findRegistered(made(), warehouse)).rejects.toMatchObject({ code: 'UNREGISTERED' })
  })

  test('needs no registration in memory', async () => {
    expect(await findRegistered(made(), memoryWarehouse())).toMatchObject({ compiled: { generation: 1 }, known: [] })
  })
})

describe('what was applied', () => {
  test('is up to date, whoever applies it, also at the same time', async () => {
    const warehouse = await emptyWarehouse()
    const plans = await Promise.all([planWarehouse(warehouse, [made()]), planWarehouse(warehouse, [made()])])
    expect(plans[0].hash).toBe(plans[1].hash)
    for (const { steps } of plans) await warehouse.apply(steps)
    expect(await planWarehouse(warehouse, [made()])).toMatchObject({ steps: [], changes: [], generations: [] })
    expect(await readGenerations(warehouse)).toHaveLength(1)
  })

  test('is refused when another definition got its number meanwhile', async () => {
    const warehouse = await emptyWarehouse()
    const { steps } = await planWarehouse(warehouse, [made()])
    await apply(warehouse, [made({ revision: 2 })])
    await expect(warehouse.apply(steps)).rejects.toMatchObject({
      code: 'SCHEMA',
      remedy: 'Plan again, and apply that plan.',
    })
  })
})

describe('a definition is refused', () => {
  const refused = async (before: readonly Migration[], after: readonly Migration[]): Promise<unknown> => {
    const warehouse = await emptyWarehouse()
    for (const each of before) await apply(warehouse, [each])
    const thrown = await planWarehouse(warehouse, after).catch((reason: unknown) => reason)
    expect(thrown).toMatchObject({ code: 'SCHEMA' })
    return String(thrown)
  }

  test.each<[string, readonly Migration[], readonly Migration[], RegExp]>([
    ['with a lowered revision', [made({ revision: 3 })], [made({ revision: 2 })], /has the revision 2, .* has seen 3/],
    [
      'that is an earlier one',
      [made(), made({ columns: { more: c.int() } })],
      [made()],
      /is that of generation 1, and the warehouse is at 2/,
    ],
    [
      'under another name of its migration',
      [made()],
      [made({ name: 'people' })],
      /people writes to user, which the migration users has/,
    ],
    [
      'that orders events by another field',
      [made()],
      [made({ order: 'no' })],
      /orders events by no, and so far by seq/,
    ],
  ])('%s', async (_, before, after, sentence) => {
    expect(await refused(before, after)).toMatch(sentence)
  })

  test('that goes back to one that was never applied', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, [made()])
    await expect(planWarehouse(warehouse, [made({ revision: 2 })], { rollBack: true })).rejects.toMatchObject({
      code: 'SCHEMA',
      message: expect.stringContaining('was never applied'),
    })
  })
})

describe('going back', () => {
  test('registers the earlier definition under a new number; what has changed since has columns of its own', async () => {
    const warehouse = await emptyWarehouse()
    const [first, second] = [made({ columns: { more: c.int() } }), made({ columns: { more: c.varchar(9) } })]
    for (const each of [first, second]) await apply(warehouse, [each])
    const { changes } = await apply(warehouse, [first], { rollBack: true })
    const generations = await readGenerations(warehouse)
    expect(generations.map(({ number, names }) => [number, names['user']])).toEqual([
      [1, { columns: {}, stamps: {} }],
      [2, { columns: { more: '_g2_more' }, stamps: {} }],
      [3, { columns: { more: '_g3_more' }, stamps: {} }],
    ])
    expect(generations[2]!.counting.tables).toEqual({ user: 3 })
    expect(changes.some(({ needsReplay }) => needsReplay)).toBe(true)
    expect(await numberOf(warehouse, first)).toBe(3)
  })

  test('to a column that was dropped never shows what it held', async () => {
    const warehouse = await emptyWarehouse()
    const first = made({ columns: { more: c.int() } })
    for (const each of [first, made()]) await apply(warehouse, [each])
    const { changes } = await apply(warehouse, [first], { rollBack: true })
    const [generation] = (await readGenerations(warehouse)).slice(-1)
    expect([generation!.names['user'], generation!.counting.tables]).toEqual([
      { columns: { more: '_g3_more' }, stamps: { more: '_stamp3_more' } },
      { user: 3 },
    ])
    expect(changes).toMatchObject([{ column: 'more', needsReplay: true }])
  })
})

test('two migrations share a table under one name of each column', async () => {
  const warehouse = await emptyWarehouse()
  const sharing = (table: ReturnType<typeof user>): Migration[] =>
    ['users', 'others'].map((name) =>
      defineMigration<Happened>()({
        name,
        source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
        tables: { user: table, own: fact(`of_${name}`, { key: id, measures: { n: c.int() } }) },
        on: { a: () => [] },
      }),
    )
  await apply(warehouse, sharing(user({ more: c.int() })))
  const after = sharing(user({ more: c.varchar(9) }))
  const { generations } = await apply(warehouse, after)
  expect(generations.map(({ number, names }) => [number, names['user']])).toEqual([
    [3, { columns: { more: '_g3_more' }, stamps: {} }],
    [4, { columns: { more: '_g3_more' }, stamps: {} }],
  ])
  expect(await planWarehouse(warehouse, after)).toMatchObject({ steps: [], changes: [] })
  const columns = await sql(warehouse, 'SHOW COLUMNS FROM dim_user')
  expect(columns.map((column) => column['Field'])).toEqual(expect.arrayContaining(['more', '_g3_more']))
  // One of them goes on alone; the other, as it is, would take the table back.
  await apply(warehouse, [sharing(user())[0]!])
  await expect(planWarehouse(warehouse, [after[1]!])).rejects.toMatchObject({
    code: 'SCHEMA',
    message: 'The dimension user has another definition in the migration users (generation 5).',
  })
})
