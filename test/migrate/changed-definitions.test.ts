import { describe, expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/index.ts'
import {
  column as c,
  defineMigration,
  dimension,
  fact,
  group,
  type Columns,
  type Handler,
  type Migration,
} from '../../src/exports/index.ts'
import { compileRegistered, countWithoutReceipt, planWarehouse, statusOf } from '../../src/ledger/index.ts'
import { migrate, type MigrateOptions } from '../../src/migrate/index.ts'
import { createSink } from '../../src/sink/index.ts'
import { relationsOf } from '../../src/star/index.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { type Warehouse } from '../../src/warehouse/index.ts'
import { emptyWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

/** A stay in a hotel, and what becomes of it. */
interface Stay {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'booked' | 'moved' | 'paid'
  readonly stay: number
  readonly room: string
  readonly guests: number
  readonly cents: number
}

const STAYS = 60
const TYPES: readonly Stay['type'][] = ['booked', 'moved', 'paid']
const stays: readonly Stay[] = Array.from({ length: STAYS * 3 }, (_, i) => ({
  _id: i,
  seq: i,
  at: new Date(Date.UTC(2024, 1, 28) + i * 60_000),
  type: TYPES[Math.floor(i / STAYS)]!,
  stay: i % STAYS,
  room: `room ${i % 7}`,
  guests: 1 + (i % 4),
  cents: i * 100,
}))
const bodies = stays.map((stay) => encodeEvent(stay))

interface Definition {
  /** Columns of the stay, and how an event sets them. */
  readonly columns?: Columns
  readonly values?: (event: Stay) => Readonly<Record<string, unknown>>
  readonly payments?: boolean
  readonly history?: boolean
  readonly revision?: number
  /** Which payments count. */
  readonly pays?: (event: Stay) => boolean
  /** Another handler of payments. */
  readonly paid?: Handler<Stay>
}

const ROOM: Columns = { room: c.varchar(20) }
const room = ({ room: is }: Stay) => ({ room: is })

function hotel({
  columns = ROOM,
  values = room,
  payments = true,
  history = true,
  revision = 1,
  pays = () => true,
  paid,
}: Definition = {}): Migration {
  const stay = dimension('stay', { key: { id: c.int() }, columns, history })
  const payment = fact('payment', { key: { id: c.int() }, measures: { cents: c.int() } })
  return defineMigration<Stay>()({
    name: 'hotel',
    revision,
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: payments ? { stay, payment } : { stay },
    on: {
      booked: (e) => stay.create({ id: e.stay }, values(e) as never),
      moved: (e) => stay.edit({ id: e.stay }, values(e) as never),
      paid: paid ?? ((e) => (payments && pays(e) ? payment.create({ id: e._id }, { cents: e.cents }) : [])),
    },
  })
}

async function apply(warehouse: Warehouse, migration: Migration): Promise<void> {
  await warehouse.apply((await planWarehouse(warehouse, [migration])).steps)
}

const run = (migration: Migration, warehouse: Warehouse, options: Partial<MigrateOptions> = {}) =>
  migrate(migration, { source: memoryEvents(bodies, migration), warehouse, batchEvents: 20, ...options })

/** Applies events as a worker with this definition does. */
async function live(migration: Migration, warehouse: Warehouse, events: readonly Uint8Array[]): Promise<void> {
  await createApplier(await compileRegistered(migration, warehouse), warehouse).apply(events, 'live')
}

const missing = (migration: Migration, warehouse: Warehouse) =>
  countWithoutReceipt(migration, memoryEvents(bodies, migration).idsBetween(null, null), warehouse)

const rows = (warehouse: Warehouse, query: string) => sql(warehouse, query)
const count = async (warehouse: Warehouse, where: string): Promise<number> =>
  Number((await rows(warehouse, `SELECT COUNT(*) AS n FROM ${where}`))[0]!['n'])

/** Everything that is stored of the stays and of their history. */
async function stored(warehouse: Warehouse, migration: Migration): Promise<string> {
  const tables = Object.values(migration.tables).flatMap(relationsOf)
  const all = await Promise.all(tables.map(({ name }) => rows(warehouse, `SELECT * FROM \`${name}\` ORDER BY 1, 2`)))
  return JSON.stringify(all)
}

const first = hotel()
const more = hotel({
  columns: { ...ROOM, guests: c.int().nullable() },
  values: (e) => ({ ...room(e), guests: e.guests }),
})
const grouped = hotel({
  columns: group('where', { room: c.varchar(20), guests: c.int().nullable() }),
  values: (e) => ({ ...room(e), guests: e.guests }),
})

describe('a column that is added', () => {
  test.each([
    ['to a dimension with a history', first, more],
    ['to a group', hotel({ columns: group('where', ROOM) }), grouped],
  ])('%s is complete after one migration that ran after the last older worker', async (_, before, after) => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, before)
    await live(before, warehouse, bodies.slice(0, 100))
    await apply(warehouse, after)
    expect(await count(warehouse, 'stay WHERE guests IS NULL')).toBe(STAYS)
    // Old and new code side by side: each sees each event, in either order.
    await live(before, warehouse, bodies.slice(90, 130))
    await live(after, warehouse, bodies.slice(60, 120))
    await live(before, warehouse, bodies.slice(100))
    expect(await missing(after, warehouse)).toBeGreaterThan(0)
    expect(await run(after, warehouse)).toMatchObject({ left: 0, outdated: [], quarantined: 0 })
    expect(await missing(after, warehouse)).toBe(0)
    expect(await count(warehouse, 'stay WHERE guests IS NULL')).toBe(0)
    const scratch = await emptyWarehouse()
    await apply(scratch, after)
    await run(after, scratch)
    for (const view of ['stay', 'stay_history', 'payment']) {
      const query = `SELECT * FROM ${view} ORDER BY 1, 2`
      expect(await rows(warehouse, query)).toEqual(await rows(scratch, query))
    }
  })

  test('to one table asks only events that write to it to be replayed', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    await run(first, warehouse)
    const { replay } = await planWarehouse(warehouse, [more])
    await apply(warehouse, more)
    const { olderWorkers, receipts } = await statusOf(more, warehouse)
    // The handlers of two types have changed with the column, and payments have not.
    expect({ replay, olderWorkers, receipts }).toEqual({
      replay: { hotel: STAYS * 2 },
      olderWorkers: 0,
      receipts: { counting: STAYS, stale: STAYS * 2, quarantined: 0 },
    })
    expect(await missing(more, warehouse)).toBe(STAYS * 2)
  })
})

test('a worker of an older definition is known while it lives, and what it still writes to is not dropped', async () => {
  const warehouse = await emptyWarehouse()
  await apply(warehouse, more)
  await run(more, warehouse)
  await createSink(more, { warehouse }).handle([])
  const { kept, steps } = await planWarehouse(warehouse, [first], { allowDestructive: true })
  expect(kept).toEqual([
    'dim_stay.guests',
    'dim_stay._stamp_guests',
    'dim_stay_history.guests',
    'dim_stay_history._written_guests',
  ])
  expect(steps.filter(({ kind }) => kind === 'drop')).toEqual([])
  await warehouse.apply(steps)
  expect(await statusOf(first, warehouse)).toMatchObject({ olderWorkers: 1, workers: [{ generation: 1 }] })
  const later = new Date(Date.now() + 3_600_000)
  expect(await statusOf(first, warehouse, { now: later })).toMatchObject({ olderWorkers: 0, workers: [] })
})

test('what was lost is registered anew and replayed: a column that a destructive plan dropped before it was cut short, a table', async () => {
  const warehouse = await emptyWarehouse()
  await apply(warehouse, more)
  await run(more, warehouse)
  const { steps } = await planWarehouse(warehouse, [first], { allowDestructive: true })
  expect(steps.map(({ kind }) => kind).slice(-2)).toEqual(['drop', 'drop'])
  for (const lose of ['ALTER TABLE dim_stay DROP COLUMN guests', 'DROP TABLE fact_payment']) {
    await sql(warehouse, lose)
    const { changes, replay } = await planWarehouse(warehouse, [more])
    expect(changes).toMatchObject([{ what: 'is without something that it held, and begins empty there' }])
    expect(replay['hotel']).toBeGreaterThanOrEqual(STAYS)
    await apply(warehouse, more)
    expect(await run(more, warehouse)).toMatchObject({ left: 0 })
    expect(await count(warehouse, 'stay WHERE guests IS NULL')).toBe(0)
    expect(await count(warehouse, 'payment')).toBe(STAYS)
  }
})

test('a table that is added asks for all events: which of them write to it, only replaying them tells', async () => {
  const warehouse = await emptyWarehouse()
  const without = hotel({ payments: false })
  await apply(warehouse, without)
  await run(without, warehouse)
  await apply(warehouse, first)
  expect(await missing(first, warehouse)).toBe(stays.length)
  expect(await statusOf(first, warehouse)).toMatchObject({ isMigrated: false })
})

test('lines that change places, and a column that is dropped, change nothing that is stored', async () => {
  const warehouse = await emptyWarehouse()
  await apply(warehouse, more)
  await run(more, warehouse)
  const swapped = hotel({
    columns: { guests: c.int().nullable(), ...ROOM },
    values: (e) => ({ ...room(e), guests: e.guests }),
  })
  const before = await stored(warehouse, more)
  expect((await planWarehouse(warehouse, [swapped])).generations).toEqual([])
  await apply(warehouse, swapped)
  await apply(warehouse, first)
  expect(await stored(warehouse, more)).toBe(before)
  expect(await warehouse.conflicts(Object.values(first.tables))).toEqual([])
})

test('a column that was dropped and is added again never shows its old values', async () => {
  const warehouse = await emptyWarehouse()
  await apply(warehouse, more)
  await run(more, warehouse)
  await apply(warehouse, first)
  const again = hotel({
    columns: { ...ROOM, guests: c.int().nullable().comment('again') },
    values: (e) => ({ ...room(e), guests: e.guests }),
    revision: 2,
  })
  await apply(warehouse, again)
  expect(await count(warehouse, 'stay WHERE guests IS NOT NULL')).toBe(0)
  await run(again, warehouse)
  expect(await count(warehouse, 'stay WHERE guests IS NULL')).toBe(0)
})

describe('a run that was interrupted', () => {
  test('does not speak for a table that was added since', async () => {
    const warehouse = await emptyWarehouse()
    const without = hotel({ payments: false })
    await apply(warehouse, without)
    const stop = new AbortController()
    let batches = 0
    const onProgress = (): void => void (++batches === 5 && stop.abort(new Error('stopped here')))
    await expect(run(without, warehouse, { onProgress, signal: stop.signal })).rejects.toThrow('stopped here')
    await apply(warehouse, first)
    expect(await run(first, warehouse)).toMatchObject({ resumed: false, events: stays.length })
    expect(await count(warehouse, 'payment')).toBe(STAYS)
    expect(await missing(first, warehouse)).toBe(0)
  })

  test('limited to one table is not resumed by one of all', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    const stop = new AbortController()
    let batches = 0
    const onProgress = (): void => void (++batches === 5 && stop.abort(new Error('stopped here')))
    const slice = { tables: ['stay'], onProgress, signal: stop.signal }
    await expect(run(first, warehouse, slice)).rejects.toThrow('stopped here')
    expect(await run(first, warehouse)).toMatchObject({ resumed: false, events: stays.length })
    expect(await count(warehouse, 'payment')).toBe(STAYS)
  })
})

describe('a migration that is limited to tables', () => {
  test('writes no receipts for events that other tables wait for, and says how many are left', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    expect(await run(first, warehouse, { tables: ['stay'] })).toMatchObject({ left: stays.length })
    expect(await count(warehouse, 'stay')).toBe(STAYS)
    expect(await count(warehouse, 'payment')).toBe(0)
    expect(await missing(first, warehouse)).toBe(stays.length)
  })

  test('is complete when it covers all that changed', async () => {
    const warehouse = await emptyWarehouse()
    const handlers = { values: (e: Stay) => ({ room: e.room, guests: e.guests }) }
    // One text of the handlers, so that only the column asks for a replay.
    const wide = hotel({ columns: { ...ROOM, guests: c.int().nullable() }, ...handlers })
    const wider = hotel({ columns: { ...ROOM, guests: c.int().nullable().default(9) }, ...handlers })
    await apply(warehouse, wide)
    await run(wide, warehouse)
    await apply(warehouse, wider)
    expect(await missing(wider, warehouse)).toBe(STAYS * 2)
    expect(await run(wider, warehouse, { tables: ['payment'] })).toMatchObject({ left: STAYS * 2 })
    expect(await run(wider, warehouse, { tables: ['stay'] })).toMatchObject({ left: 0 })
    expect(await missing(wider, warehouse)).toBe(0)
  })

  test('refuses a table that the migration does not have', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    await expect(run(first, warehouse, { tables: ['rooms'] })).rejects.toMatchObject({
      code: 'CONFIG',
      message: 'The migration hotel has no table "rooms".',
      remedy: 'Name some of its tables: stay, payment.',
    })
  })
})

describe('handlers whose text changes while the revision does not', () => {
  const other = hotel({ paid: () => [] })

  test('end a migration before it reads anything, unless they are said to map the same', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    await run(first, warehouse)
    await expect(run(other, warehouse)).rejects.toMatchObject({ code: 'DEFINITION', message: /handlers.*\(paid\)/ })
    expect(await statusOf(other, warehouse)).toMatchObject({ handlersChanged: true })
    expect(await run(other, warehouse, { sameMapping: true })).toMatchObject({ left: 0 })
    expect(await run(other, warehouse)).toMatchObject({ left: 0 })
  })

  test('with a raised revision leave what only the earlier mapping wrote, which is counted', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, first)
    await run(first, warehouse)
    const corrected = hotel({ revision: 2, pays: (e) => e._id % 2 === 0 })
    await apply(warehouse, corrected)
    const { outdated } = await run(corrected, warehouse)
    expect(outdated).toEqual([
      {
        table: 'fact_payment',
        registers: [
          { stamp: '_stamp_once', rows: STAYS / 2 },
          { stamp: '_live_stamp', rows: STAYS / 2 },
        ],
      },
    ])
  })
})

test('a history that is no longer kept has no view, and its table goes once no worker writes to it', async () => {
  const warehouse = await emptyWarehouse()
  await apply(warehouse, first)
  await run(first, warehouse)
  const forgetful = hotel({ history: false })
  const { steps, kept } = await planWarehouse(warehouse, [forgetful], { allowDestructive: true })
  expect(kept).toEqual([])
  await apply(warehouse, forgetful)
  await expect(rows(warehouse, 'SELECT * FROM stay_history')).rejects.toThrow(/stay_history/)
  expect(await count(warehouse, 'dim_stay_history')).toBeGreaterThan(0)
  await warehouse.apply(steps.filter(({ kind }) => kind === 'drop'))
  await expect(rows(warehouse, 'SELECT * FROM dim_stay_history')).rejects.toThrow(/dim_stay_history/)
  expect((await planWarehouse(warehouse, [forgetful])).steps).toEqual([])
  await apply(warehouse, hotel({ revision: 2 }))
  await run(hotel({ revision: 2 }), warehouse)
  expect(await count(warehouse, 'stay_history')).toBe(STAYS * 2)
})
