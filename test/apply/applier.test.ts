import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Closers } from '../../src/core/closers.ts'
import { column as c, defineMigration, dimension, fact } from '../../src/exports/index.ts'
import { createApplier, type Applier } from '../../src/apply/index.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { encodeEvent, eventKey } from '../../src/event/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { empty } from '../property/contents.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { compile } from '../../src/mapping/index.ts'
import { sql } from '../support/sql.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly type: 'named' | 'viewed'
  readonly at: Date
  readonly name: string
}
const thing = dimension('thing', { key: { id: c.int() }, columns: { name: c.varchar(40) } })
const naming = fact('naming', { key: { id: c.int() }, measures: { name: c.varchar(40) } })
const migration = defineMigration<Event>()({
  name: 'things',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { thing, naming },
  on: {
    named: (e) => [thing.create({ id: e._id % 10 }, { name: e.name }), naming.create({ id: e._id }, { name: e.name })],
    viewed: 'ignore',
  },
})
const { receipts, quarantine } = ledgerOf(migration)
const tables = [thing.layout.relation, naming.layout.relation, receipts, quarantine]
const NOW = new Date('2024-02-29T12:00:00.500Z')

const event = (id: number, name: unknown = `n${id}`, type = 'named'): Uint8Array =>
  encodeEvent({ _id: id, seq: id, type, at: NOW, name })

let stack: Closers
let warehouse: Warehouse
let applier: Applier
const idsIn = async (table: string): Promise<unknown[]> =>
  (await sql(warehouse, `SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id)

beforeAll(async () => {
  stack = new Closers()
  warehouse = stack.use(await freshWarehouse([migration])).warehouse
  applier = createApplier(compile(migration), warehouse, () => NOW)
})
beforeEach(() => empty(warehouse, tables))
afterAll(() => stack.disposeAsync())

test('reports what became of the events of a batch, each of which has a receipt', async () => {
  const done = await applier.apply(
    [event(1), event(2, 7), event(3, 'x', 'viewed'), event(1), event(4, 'x', 'vanished')],
    'live',
  )
  expect(done).toMatchObject({ applied: 1, ignored: 1, quarantined: 2, duplicates: 1, rows: 2 })
  expect(done.reasons).toEqual([
    'thing.name is varchar(40): 7 is not a string.',
    'The migration things has no handler for the type "vanished".',
  ])
  const rows = await sql(warehouse, `SELECT * FROM ${receipts.name} ORDER BY position`)
  expect(rows.map(({ position, state, origin }) => [position, Number(state) & 3, Number(state) >> 2, origin])).toEqual([
    [1, 2, 1, 1],
    [2, 0, 1, 1],
    [3, 1, 1, 1],
    [4, 0, 1, 1],
  ])
})

test('a quarantined event is stored whole, with its reason and the times at which it was seen', async () => {
  const body = event(2, 7)
  await applier.apply([body], 'live')
  const later = new Date(NOW.getTime() + 1501)
  await createApplier(compile(migration), warehouse, () => later).apply([body], 'migrated')
  const [row, ...others] = await sql(warehouse, `SELECT * FROM ${quarantine.name}`)
  expect(others).toEqual([])
  expect(row).toMatchObject({
    first_seen: '2024-02-29 12:00:00.500',
    last_seen: '2024-02-29 12:00:02.001',
    reason: 'thing.name is varchar(40): 7 is not a string.',
  })
  expect(Buffer.compare(row!['body'] as Buffer, body)).toBe(0)
})

test('bytes that are not an event are quarantined by their hash, and the events of the batch are applied', async () => {
  const junk = Buffer.from('not BSON')
  const cut = event(5).subarray(0, -1)
  expect(await applier.apply([junk, event(6), cut, junk, event(7).subarray(0, 3)], 'live')).toMatchObject({
    applied: 1,
    quarantined: 3,
    duplicates: 1,
  })
  const rows = await sql(warehouse, `SELECT body FROM ${quarantine.name} WHERE reason LIKE 'The event is not BSON: %'`)
  expect(new Set(rows.map(({ body }) => (body as Buffer).length))).toEqual(new Set([3, 8, cut.length]))
})

test('an event that cannot be decoded is quarantined under its own id, whole', async () => {
  const broken = Buffer.from(event(5, 'caf\u00e9'))
  broken[broken.indexOf('caf') + 3] = 0xff
  expect(await applier.apply([event(4), broken, broken], 'live')).toMatchObject({ applied: 1, quarantined: 1 })
  const [row, ...others] = await sql(warehouse, `SELECT event_id, reason, body FROM ${quarantine.name}`)
  expect(others).toEqual([])
  expect(row!['event_id']).toEqual(Buffer.from(eventKey(5)))
  expect(row!['reason']).toMatch(/^The event cannot be decoded: /)
  expect(row!['body']).toEqual(broken)
  const [receipt] = await sql(warehouse, `SELECT state & 3 AS outcome FROM ${receipts.name} WHERE position IS NULL`)
  expect(Number(receipt!['outcome'])).toBe(0)
})

test('an unreadable body is quarantined with its reason', async () => {
  await applier.quarantine([{ body: Buffer.from('{}'), reason: 'It is not a message of changeover.' }])
  expect(await sql(warehouse, `SELECT reason FROM ${quarantine.name}`)).toEqual([
    { reason: 'It is not a message of changeover.' },
  ])
})

test('an event that was quarantined and is applied later gets the receipt of an applied event and keeps it', async () => {
  const outcome = async (): Promise<unknown> =>
    (await sql(warehouse, `SELECT state & 3 AS outcome FROM ${receipts.name}`))[0]!['outcome']
  await applier.apply([event(1, 7)], 'live')
  expect(Number(await outcome())).toBe(0)
  await applier.apply([event(1)], 'repaired')
  await applier.apply([event(1, 7)], 'live')
  expect(Number(await outcome())).toBe(2)
})

test('an empty batch does nothing', async () => {
  expect(await applier.apply([], 'live')).toMatchObject({ applied: 0, rows: 0, duplicates: 0 })
})

describe('a value that only the server refuses', () => {
  beforeAll(() => sql(warehouse, 'ALTER TABLE fact_naming MODIFY COLUMN name VARCHAR(5)'))
  afterAll(() => sql(warehouse, 'ALTER TABLE fact_naming MODIFY COLUMN name VARCHAR(40)'))

  test.each([0, 7, 19])('quarantines its event and no other, at any place in the batch (%i of 20)', async (bad) => {
    const batch = Array.from({ length: 20 }, (_, id) => event(id, id === bad ? 'much too long' : `n${id}`))
    expect(await applier.apply(batch, 'live')).toMatchObject({ applied: 19, quarantined: 1 })
    expect(await idsIn('fact_naming')).toEqual(Array.from({ length: 20 }, (_, id) => id).filter((id) => id !== bad))
    const [kept, ...others] = await sql(warehouse, `SELECT reason, body FROM ${quarantine.name}`)
    expect(others).toEqual([])
    expect(kept!['reason']).toMatch(/refused a value: Data too long for column 'name'/)
    expect(Buffer.compare(kept!['body'] as Buffer, batch[bad]!)).toBe(0)
  })

  test('quarantines the whole batch when all of its events are to blame', async () => {
    const batch = Array.from({ length: 7 }, (_, id) => event(id, 'much too long'))
    expect(await applier.apply(batch, 'live')).toMatchObject({ applied: 0, quarantined: 7 })
  })
})

test('rejects when a table is missing, and writes no receipt', async () => {
  await sql(warehouse, 'RENAME TABLE fact_naming TO fact_away')
  try {
    await expect(applier.apply([event(1)], 'live')).rejects.toMatchObject({
      code: 'SCHEMA',
      remedy: expect.stringContaining('changeover apply') as string,
    })
    expect(await sql(warehouse, `SELECT * FROM ${receipts.name}`)).toEqual([])
  } finally {
    await sql(warehouse, 'RENAME TABLE fact_away TO fact_naming')
  }
})
