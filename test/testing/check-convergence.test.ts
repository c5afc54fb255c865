import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../../src/ledger/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { checkConvergence, type ConvergenceOptions } from '../../src/testing/index.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { empty } from '../property/contents.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { namings, someEvents, thing, type Naming } from './naming.ts'
import { sql } from '../support/sql.ts'

const good = namings()
const relations = [...Object.values(good.tables).flatMap(relationsOf), ...Object.values(ledgerOf(good))]
const events = someEvents()

let stack: Closers
let warehouse: Warehouse
let url: string

beforeAll(async () => {
  stack = new Closers()
  const fresh = stack.use(await freshWarehouse([good]))
  ;({ warehouse, url } = fresh)
})
afterEach(() => empty(warehouse, relations))
afterAll(() => stack.disposeAsync())

async function complaint(
  migration = good,
  given: readonly Naming[] | fc.Arbitrary<readonly Naming[]> = events,
  options: ConvergenceOptions = {},
): Promise<string> {
  try {
    await checkConvergence(migration, given, warehouse, options)
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message
  }
  throw new Error('It found nothing.')
}

async function rowsLeft(): Promise<number> {
  const counts = await Promise.all(relations.map(({ name }) => sql(warehouse, `SELECT 1 FROM \`${name}\``)))
  return counts.reduce((sum, rows) => sum + rows.length, 0)
}

const shown = (message: string): unknown[] =>
  [...message.matchAll(/^ {2}\d+: (.*)$/gm)].map(([, json]) => JSON.parse(json!) as unknown)

/** The options that a failure prints. */
function replay(message: string): ConvergenceOptions {
  const [, seed, path] = /Replay it with \{ seed: (-?\d+), path: "([\d:]+)" \}$/.exec(message) ?? []
  return { seed: Number(seed), path: path! }
}

const arbitrary = fc
  .array(
    fc.record({
      type: fc.constantFrom('named', 'moved', 'gone'),
      id: fc.nat(2),
      seq: fc.nat(5),
      x: fc.nat(3),
      name: fc.constantFrom('a', 'b'),
    }),
    { maxLength: 12 },
  )
  .map((all) => all.map((each, _id): Naming => ({ _id, at: new Date(_id), ...each })))

test('a good mapping passes with a list of events and with an arbitrary, and the tables are left empty', async () => {
  await checkConvergence(good, events, warehouse)
  await checkConvergence(good, [events[0]!], warehouse, { runs: 3, writers: 1, maxEvents: 1 })
  await checkConvergence(good, arbitrary, warehouse, { runs: 40, writers: 8 })
  expect(await rowsLeft()).toBe(0)
})

let counter = 0
test.each([
  ['random', () => Math.random()],
  ['a counter', () => counter++],
  ['the time', () => performance.now()],
])('a handler that uses %s is found, and the history shrinks to one event', async (_, impurity) => {
  const impure = namings((e) => thing.create({ id: e.id }, { name: e.name, random: impurity() }))
  const message = await complaint(impure)
  expect(message).toMatch(
    /^The migration namings does not converge: a handler is impure: called twice with the event 0 below, it returned two results\./,
  )
  expect(shown(message)).toEqual([expect.objectContaining({ _id: 0, name: 'n0' })])

  const shrunk = await complaint(impure, arbitrary)
  expect(shown(shrunk)).toHaveLength(1)
  expect(await complaint(impure, arbitrary, replay(shrunk))).toContain('a handler is impure')
  expect(await rowsLeft()).toBe(0)
})

test('a handler that remembers the events before is found', async () => {
  const seen = new Set<number>()
  const remembering = namings((e) => {
    const operation = seen.has(e.id)
      ? thing.edit({ id: e.id }, { name: e.name })
      : thing.create({ id: e.id }, { name: e.name })
    seen.add(e.id)
    return operation
  })
  expect(await complaint(remembering)).toContain('a handler is impure')
})

test('two events with one _id and two contents are found, and the history shrinks to them', async () => {
  const twins = fc
    .array(fc.record({ _id: fc.nat(60), name: fc.constantFrom('a', 'b') }), { minLength: 1, maxLength: 30 })
    .map((all) => all.map((each): Naming => ({ seq: 1, at: new Date(0), type: 'named', id: 1, ...each })))
  // One seed, because fast-check does not reach the smallest history from everywhere.
  const message = await complaint(good, twins, { seed: 42 })
  expect(message).toContain('the events 0 and 1 below have one _id, ')
  const [first, second, ...others] = shown(message) as Naming[]
  expect(others).toEqual([])
  expect(second).toEqual({ ...first!, name: second!.name })
  expect(await complaint(good, twins, replay(message))).toContain('have one _id')
})

test('two such events in a list are found, however far apart', async () => {
  const message = await complaint(good, [...events, { ...events[7]!, name: 'other' }])
  expect((shown(message) as Naming[]).map(({ _id, name }) => [_id, name])).toEqual([
    [7, 'n7'],
    [7, 'other'],
  ])
})

test('the same event twice in a list is no failure', async () => {
  await checkConvergence(good, [...events.slice(0, 5), ...events.slice(0, 5)], warehouse, { runs: 10 })
})

test('an event that cannot be mapped is found with its reason, and passes with allowQuarantine', async () => {
  const { x: _x, ...partial } = events[1]!
  const broken: Naming[] = [...events, { ...partial, _id: 1000 }]
  const message = await complaint(good, broken)
  expect(message).toContain(
    '1 of its events are quarantined: An edit of thing sets y of the group spot but leaves out x.',
  )
  expect(shown(message)).toEqual([expect.objectContaining({ _id: 1000 })])
  await checkConvergence(good, broken, warehouse, { allowQuarantine: true })
})

test('a warehouse that does not merge as the pure merge does is found, and the history shrinks to a few events', async () => {
  // A trigger keeps the first name that arrives: what a careless merge would do.
  await sql(warehouse, 'CREATE TRIGGER careless BEFORE UPDATE ON dim_thing FOR EACH ROW SET NEW.name = OLD.name')
  try {
    // One writer and one seed, so that nothing is left to a race or to where the shrinking begins.
    const message = await complaint(good, events, { writers: 1, seed: 42 })
    expect(message).toContain('the table dim_thing depends on the delivery')
    expect(shown(message).length).toBeLessThanOrEqual(5)
    expect(message).toMatch(/^Delivered, by writer and batch: \[\[\[\d/m)
    expect(await complaint(good, events, { ...replay(message), writers: 1 })).toContain('depends on the delivery')
  } finally {
    await sql(warehouse, 'DROP TRIGGER careless')
  }
})

test('tables that are not empty are refused and left unchanged', async () => {
  await sql(warehouse, 'INSERT INTO fact_naming (id) VALUES (7)')
  await expect(checkConvergence(good, events, warehouse)).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('The table fact_naming at mysql://') as string,
  })
  expect(await rowsLeft()).toBe(1)
})

test.each<ConvergenceOptions>([{ runs: 0 }, { writers: 0 }, { maxEvents: 1.5 }])(
  'the options %o are refused',
  async (options) => {
    await expect(checkConvergence(good, events, warehouse, options)).rejects.toMatchObject({ code: 'CONFIG' })
  },
)

test('no events, missing tables and an outage are reported as what they are', async () => {
  await expect(checkConvergence(good, [], warehouse)).rejects.toMatchObject({ code: 'CONFIG' })
  const bare = stack.use(await freshWarehouse([]))
  await expect(checkConvergence(good, events, bare.warehouse)).rejects.toMatchObject({ code: 'SCHEMA' })
  const other = stack.use(mysqlWarehouse(url))
  await sql(warehouse, 'RENAME TABLE fact_naming TO fact_away')
  await sql(warehouse, 'CREATE VIEW fact_naming AS SELECT * FROM fact_away WHERE 1 = 0 GROUP BY id')
  try {
    // It reads as empty, and cannot be written to.
    await expect(checkConvergence(good, events, other)).rejects.toMatchObject({ code: 'UNEXPECTED' })
  } finally {
    await sql(warehouse, 'DROP VIEW fact_naming')
    await sql(warehouse, 'RENAME TABLE fact_away TO fact_naming')
  }
})

test('it works in the test runner of Node', async () => {
  const child = fileURLToPath(new URL('node-test-child.ts', import.meta.url))
  const run = spawn(process.execPath, ['--test', '--test-reporter=tap', child], {
    env: { PATH: process.env['PATH'], MYSQL_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  run.stdout.setEncoding('utf8').on('data', (part: string) => (said += part))
  const code = await new Promise((done) => run.on('close', done))
  expect(said).toMatch(/^ok 1 - a good mapping converges$/m)
  expect(said).toMatch(/^not ok 2 - an impure one does not$/m)
  expect(said).toContain('The migration namings does not converge: a handler is impure')
  expect(code).toBe(1)
  expect(await rowsLeft()).toBe(0)
})
