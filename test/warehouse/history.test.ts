import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension, fact, group, type VersionOf } from '../../src/exports/index.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
import { datetime } from '../../src/star/types/time.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { empty } from '../property/contents.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { write, type Doing } from './writing.ts'
import { sql } from '../support/sql.ts'

const user = dimension('user', {
  key: { id: c.varchar(9), part: c.int() },
  columns: {
    name: c.varchar(9).nullable(),
    plan: c.enum('free', 'gold').default('free'),
    ...group('spot', { x: c.int().nullable(), y: c.double().nullable() }),
    mail: c.varchar(9).pii(),
    seen: c.int().max().nullable(),
    origin: c.varchar(9).first().nullable(),
  },
  history: true,
})
const sale = fact('sale', { key: { id: c.int() }, dimensions: { user }, measures: { at: c.datetime() } })
const tables = [user, sale]

let fresh: FreshWarehouse
let warehouse: Warehouse

beforeAll(async () => {
  fresh = await freshTables(tables)
  ;({ warehouse } = fresh)
})
beforeEach(() => empty(warehouse, tables.flatMap(relationsOf)))
afterAll(() => fresh[Symbol.asyncDispose]())

type Version = Omit<VersionOf<typeof user>, 'valid_from' | 'valid_to'> & {
  readonly valid_from: string
  readonly valid_to: string | null
}
const textOf = (time: unknown): unknown => (time === null ? null : datetime.decode(time))
const versions = async (): Promise<Version[]> => {
  const rows = await sql(warehouse, 'SELECT * FROM user_history ORDER BY HEX(id), part, valid_from')
  return rows.map((row) => ({
    ...(row as unknown as Version),
    valid_from: textOf(row['valid_from']) as string,
    valid_to: textOf(row['valid_to']) as string | null,
  }))
}

const COLUMNS = ['name', 'plan', 'x', 'y'] as const
type Values = Record<(typeof COLUMNS)[number], unknown>
const AFRESH: Values = { name: null, plan: 'free', x: null, y: null }

/** The witness: runs the events of one row in order, with a variable per column, and writes a version after each. */
function program(events: readonly Doing[]): Version[] {
  let values: Values = AFRESH
  let live = 0
  let clock = ''
  const all = events.flatMap(({ operations, at = '' }) => {
    let wrote = false
    for (const { kind, values: given } of operations) {
      if (kind === 'erase') continue
      const named = COLUMNS.filter((name) => given[name] !== undefined)
      if (kind !== 'edit') live = kind === 'create' ? 1 : 0
      if (kind === 'create') values = AFRESH
      values = { ...values, ...Object.fromEntries(named.map((name) => [name, given[name]])) }
      wrote ||= kind !== 'edit' || named.length > 0
    }
    if (!wrote) return []
    clock = at > clock ? at : clock
    return [{ ...values, live, valid_from: clock }]
  })
  const { key } = events[0]!.operations[0]!
  return all.flatMap(({ live: isLive, ...version }, i) => {
    const valid_to = all[i + 1]?.valid_from ?? null
    if (isLive === 0 || valid_to === version.valid_from) return []
    return [{ ...(key as { id: string; part: number }), ...version, valid_to, is_current: Number(valid_to === null) }]
  }) as Version[]
}

// Few times, so that they tie and go back.
const TIMES = [
  '2024-02-29 23:59:59.999',
  '2024-03-01 00:00:00.000',
  '2024-03-01 00:00:00.001',
  '1999-12-31 00:00:00.000',
]
// Texts that MariaDB's window functions sort as one.
const KEYS = ['a', 'A', 'a ', 'a\0', 'a\0\0'].flatMap((id) => [0, -1].map((part) => ({ id, part })))
const given = fc
  .tuple(
    fc.record(
      {
        name: fc.constantFrom('ann', 'bob', null),
        plan: fc.constantFrom('free' as const, 'gold' as const),
        mail: fc.constantFrom('m', null),
        seen: fc.nat(3),
        origin: fc.constantFrom('web', 'ad'),
      },
      { requiredKeys: [] },
    ),
    fc.option(fc.record({ x: fc.constantFrom(1, 2, null), y: fc.constantFrom(0.1, 1e300, null) }), { nil: {} }),
  )
  .map(([some, spot]) => ({ ...some, ...spot }))
const doing = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), values: given }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), values: given }) },
  fc.record({ kind: fc.constantFrom('delete' as const, 'erase' as const), values: fc.constant({}) }),
)
const event = fc.record({
  key: fc.constantFrom(...KEYS),
  doings: fc.array(doing, { minLength: 1, maxLength: 2 }),
  at: fc.constantFrom(...TIMES),
})
/** Events in order, and the order in which they come, some of them again. */
const histories = fc.array(event, { minLength: 1, maxLength: 25 }).chain((events) => {
  const all = events.map((_, i) => i)
  return fc.record({
    events: fc.constant(events),
    arrivals: fc
      .subarray(all)
      .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
    batch: fc.integer({ min: 1, max: 8 }),
  })
})
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never

function doingsOf(events: readonly Event[]): Doing[] {
  return events.map(({ key, doings, at }, seq) => ({
    seq,
    at,
    operations: doings.map(({ kind, values }): Operation => ({ table: user, kind, key, values })),
  }))
}

async function deliver(arrivals: readonly Doing[], batch: number): Promise<void> {
  for (let i = 0; i < arrivals.length; i += batch) await write(warehouse, tables, arrivals.slice(i, i + batch))
}

function expected(events: readonly Doing[]): Version[] {
  const isOf =
    (key: Operation['key']) =>
    ({ operations }: Doing): boolean =>
      operations[0]!.key['id'] === key['id'] && operations[0]!.key['part'] === key['part']
  const sorted = KEYS.toSorted((a, b) => (a.id === b.id ? a.part - b.part : a.id < b.id ? -1 : 1))
  return sorted.flatMap((key) => (events.some(isOf(key)) ? program(events.filter(isOf(key))) : []))
}

test('the history is the same as running the events in order, however they arrived', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ events: plain, arrivals, batch }) => {
      await empty(warehouse, tables.flatMap(relationsOf))
      const events = doingsOf(plain)
      await deliver(
        arrivals.map((i) => events[i]!),
        batch,
      )
      expect(await versions()).toEqual(expected(events))
      // The current version is the row of today.
      const names = ['id', 'part', ...COLUMNS].join(', ')
      expect(await sql(warehouse, `SELECT ${names} FROM user_history WHERE is_current ORDER BY HEX(id), part`)).toEqual(
        await sql(warehouse, `SELECT ${names} FROM user ORDER BY HEX(id), part`),
      )
    }),
    { numRuns: 300 },
  )
})

test('a raised revision replaces what the same events wrote before, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.boolean(), async ({ events: plain, arrivals, batch }, first) => {
      await empty(warehouse, tables.flatMap(relationsOf))
      const events = doingsOf(plain)
      const corrected = events.map((each): Doing => ({
        ...each,
        revision: 2,
        operations: each.operations.map((operation) =>
          typeof operation.values['name'] === 'string'
            ? { ...operation, values: { ...operation.values, name: 'new' } }
            : operation,
        ),
      }))
      const runs = [corrected, events]
      for (const run of first ? runs : runs.toReversed())
        await deliver(
          arrivals.map((i) => run[i]!),
          batch,
        )
      expect(await versions()).toEqual(expected(corrected))
    }),
    { numRuns: 60 },
  )
})

test('the history has only columns that merge by last and are not personal, in the table and in the view', async () => {
  expect(user.layout.history!.columns.map(({ slot }) => slot.name)).toEqual(COLUMNS)
  const rows = await sql(
    warehouse,
    "SELECT COLUMN_NAME AS n FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('dim_user_history', 'user_history')",
  )
  expect(rows.map(({ n }) => n).filter((name) => ['mail', 'seen', 'origin'].includes(String(name)))).toEqual([])
})

test('an event without a valid time is refused when it writes history, and accepted when it erases', async () => {
  const key = { id: 'a', part: 0 }
  const untimed = (operation: Operation): Doing => ({ seq: 1, operations: [operation], at: null as unknown as string })
  await expect(write(warehouse, tables, [untimed(user.edit(key, { name: 'x' }))])).rejects.toMatchObject({
    code: 'VALUE',
    message: 'The event has no valid time, which the history table dim_user_history requires.',
  })
  await write(warehouse, tables, [untimed(user.erase(key)), untimed(user.edit(key, { seen: 1 }))])
  expect(await sql(warehouse, 'SELECT * FROM dim_user_history')).toEqual([])
})

test('an as-of join finds the version that was valid at the time of a fact', async () => {
  const key = { id: 'a', part: 0 }
  const buy = (id: number, at: string): Operation =>
    sale.create({ id }, { user_id: 'a', user_part: 0, at: `${at.replace(' ', 'T')}Z` })
  const days = ['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04'].map((day) => `${day} 00:00:00.000`)
  await write(warehouse, tables, [
    { seq: 3, operations: [user.delete(key)], at: days[3]! },
    { seq: 2, operations: [user.edit(key, { name: 'bob' })], at: days[2]! },
    { seq: 1, operations: [user.create(key, { name: 'ann' })], at: days[1]! },
    { seq: 4, operations: days.map((at, id) => buy(id, at)) },
    { seq: 5, operations: [buy(9, '2024-01-02 23:59:59.999')] },
  ])
  const rows = await warehouse
    .reader<{
      sale: { id: number; at: Date; user_id: string; user_part: number }
      user_history: VersionOf<typeof user>
    }>()
    .selectFrom('sale')
    .leftJoin('user_history as version', (join) =>
      join
        .onRef('version.id', '=', 'sale.user_id')
        .onRef('version.part', '=', 'sale.user_part')
        .onRef('version.valid_from', '<=', 'sale.at')
        .on((eb) => eb.or([eb('version.valid_to', 'is', null), eb('version.valid_to', '>', eb.ref('sale.at'))])),
    )
    .select(['sale.id', 'version.name'])
    .orderBy('sale.id')
    .execute()
  expect(rows.map(({ id, name }) => [id, name])).toEqual([
    [0, null],
    [1, 'ann'],
    [2, 'bob'],
    [3, null],
    [9, 'ann'],
  ])
})

describe.each([
  ['end in NUL characters', ['a\0', 'a\0\0']],
  ['differ after 1,024 bytes', ['😀'.repeat(300) + 'a', '😀'.repeat(300) + 'b']],
])('keys that %s', (_, keys) => {
  const page = dimension('page', {
    key: { id: c.varchar(400) },
    columns: { name: c.int(), note: c.int().nullable() },
    history: true,
  })
  const days = [1, 2, 3, 4].map((day) => `2024-01-0${day} 00:00:00.000`)
  const events = days.flatMap((at, day) =>
    keys.map((id, k): Doing => ({
      seq: day * keys.length + k,
      at,
      operations: [day === 0 ? page.create({ id }, { name: k, note: k }) : page.edit({ id }, { name: day * 10 + k })],
    })),
  )

  test('have their own histories', async () => {
    await using paged = await freshTables([page])
    await write(paged.warehouse, [page], events)
    for (const [k, id] of keys.entries()) {
      const rows = await sql(
        paged.warehouse,
        'SELECT name, note, valid_to FROM page_history WHERE id = ? ORDER BY valid_from',
        [id],
      )
      expect(rows.map(({ name, note, valid_to }) => [name, note, textOf(valid_to)])).toEqual(
        days.map((_day, day) => [day * 10 + k, k, days[day + 1] ?? null]),
      )
    }
    // All at once, where no condition on the key keeps them apart.
    const all = await sql(paged.warehouse, 'SELECT name, note, valid_to FROM page_history ORDER BY note, valid_from')
    expect(all.map(({ name, note, valid_to }) => [name, note, textOf(valid_to)])).toEqual(
      keys.flatMap((_id, k) => days.map((_day, day) => [day * 10 + k, k, days[day + 1] ?? null])),
    )
  })
})

test('a condition on the key of a history is applied to its table', async () => {
  const key = { id: 'a', part: 0 }
  const names = ['ann', 'bob', 'cid'].map((name, seq): Doing => ({ seq, operations: [user.edit(key, { name })] }))
  await write(warehouse, tables, names)
  const plan = await sql(warehouse, "EXPLAIN FORMAT=TRADITIONAL SELECT * FROM user_history WHERE id = 'a' AND part = 0")
  const base = plan.find(({ table }) => table === 'dim_user_history')
  expect(base).toMatchObject({ type: 'ref', key: 'PRIMARY' })
})
