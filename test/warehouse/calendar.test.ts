import { beforeEach, expect, test } from 'vitest'
import { calendar, column as c, defineConfig, dimension, fact, type RowOf } from '../../src/exports/index.ts'
import type { CalendarRange } from '../../src/star/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshTables } from '../support/fresh.ts'
import { inOrder, write } from './writing.ts'
import { sql } from '../support/sql.ts'

const visit = fact('visit', { key: { id: c.int() }, dimensions: { day: calendar, seen_on: c.date() } })

let warehouse: Warehouse

beforeEach(async () => {
  const fresh = await freshTables()
  ;({ warehouse } = fresh)
  return () => fresh[Symbol.asyncDispose]()
})

const stepsFor = (from: string, to: string) => warehouse.plan({ tables: [visit], internal: [], calendar: { from, to } })
const apply = async (from: string, to: string): Promise<void> => warehouse.apply(await stepsFor(from, to))
const days = async (): Promise<number> => Number((await sql(warehouse, 'SELECT COUNT(*) AS n FROM date'))[0]!['n'])

const DAY = 86_400_000

/** The same day, computed by JS. */
function dayOf(at: number): RowOf<typeof calendar> {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1]
  const weekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay()
  // A week belongs to the year of its Thursday.
  const thursday = at + (4 - weekday) * DAY
  const isoYear = new Date(thursday).getUTCFullYear()
  return {
    date: date.toISOString().slice(0, 10),
    year,
    quarter: Math.ceil(month / 3),
    month,
    day: date.getUTCDate(),
    day_of_year: (at - Date.UTC(year, 0, 1)) / DAY + 1,
    iso_year: isoYear,
    iso_week: Math.floor((thursday - Date.UTC(isoYear, 0, 1)) / DAY / 7) + 1,
    weekday,
    is_weekend: Number(weekday > 5),
  }
}

test('one statement fills every day from 1999 to 2031 as JS computes it', async () => {
  const steps = await stepsFor('1999-01-01', '2031-12-31')
  expect(steps.filter(({ kind }) => kind === 'fill')).toHaveLength(1)
  await warehouse.apply(steps)
  const expected = Array.from({ length: 12_053 }, (_, i) => dayOf(Date.UTC(1999, 0, 1) + i * DAY))
  expect(expected.at(-1)!.date).toBe('2031-12-31')
  const rows = await warehouse
    .reader<{ date: RowOf<typeof calendar> }>()
    .selectFrom('date')
    .selectAll()
    .orderBy('date')
    .execute()
  expect(rows).toEqual(expected)
  // Known days, in case both computations are wrong.
  const known = new Map(rows.map((row) => [row.date, [row.iso_year, row.iso_week, row.weekday, row.day_of_year]]))
  expect(known.get('2021-01-03')).toEqual([2020, 53, 7, 3])
  expect(known.get('2024-12-30')).toEqual([2025, 1, 1, 365])
  expect(known.get('2000-02-29')).toEqual([2000, 9, 2, 60])
  expect(await stepsFor('1999-01-01', '2031-12-31')).toEqual([])
})

test('the calendar grows with its range at both ends and keeps the days it has', async () => {
  await apply('2024-02-28', '2024-03-01')
  expect(await days()).toBe(3)
  await sql(warehouse, "UPDATE dim_date SET _origin = 4 WHERE date = '2024-02-29'")
  const steps = await stepsFor('2023-12-31', '2024-03-02')
  expect(steps.map(({ why }) => why)).toEqual(['the calendar is missing days from 2023-12-31 to 2024-03-02'])
  await warehouse.apply(steps)
  await warehouse.apply(steps)
  expect(await days()).toBe(63)
  expect(await sql(warehouse, 'SELECT COUNT(*) AS n FROM dim_date WHERE _origin = 4')).toEqual([{ n: 1 }])
  expect(await stepsFor('2024-01-01', '2024-01-31')).toEqual([])
})

test('the calendar covers its longest range, and a single day', async () => {
  await apply('1800-01-01', '2073-10-15')
  expect(await days()).toBe(100_000)
  await apply('9999-12-31', '9999-12-31')
  expect(await days()).toBe(100_001)
})

test('a fact joins the calendar by a role and by a plain date', async () => {
  await apply('2024-02-28', '2024-03-01')
  expect(Object.keys(visit.columns)).toEqual(['day_date', 'seen_on'])
  await write(warehouse, [visit], inOrder(visit.create({ id: 1 }, { day_date: '2024-02-29', seen_on: '2024-03-01' })))
  const rows = await sql(
    warehouse,
    'SELECT v.id, a.day_of_year AS role, b.day_of_year AS plain FROM visit v JOIN date a ON a.date = v.day_date JOIN date b ON b.date = v.seen_on',
  )
  expect(rows).toEqual([{ id: 1, role: 60, plain: 61 }])
})

test('without a range there is no calendar; one that a migration lists is created once', async () => {
  expect((await warehouse.plan({ tables: [visit], internal: [] })).map(({ why }) => why)).toEqual([
    'the table fact_visit is missing',
    'the view visit is missing or has other columns',
  ])
  const steps = await warehouse.plan({
    tables: [calendar],
    internal: [],
    calendar: { from: '2024-01-01', to: '2024-01-02' },
  })
  expect(steps.map(({ kind }) => kind)).toEqual(['create', 'view', 'view', 'fill'])
})

test.each<[string, CalendarRange]>([
  ['ends before it begins', { from: '2024-01-02', to: '2024-01-01' }],
  ['begins on no day', { from: '2023-02-29', to: '2024-01-01' }],
  ['ends on no day', { from: '2024-01-01', to: '2024-04-31' }],
  ['is written otherwise', { from: '1.1.2024', to: '2024-01-01' }],
  ['has a time', { from: '2024-01-01T00:00:00Z', to: '2024-01-02' }],
  ['is SQL', { from: "2024-01-01'", to: '2024-01-02' }],
  ['has no end', { from: '2024-01-01' } as CalendarRange],
  ['is too long by a day', { from: '1800-01-01', to: '2073-10-16' }],
])('a range that %s is refused', (_, range) => {
  expect(() => defineConfig({ migrations: [], calendar: range })).toThrow(
    expect.objectContaining({
      code: 'DEFINITION',
      message: expect.stringMatching(/^The config has a calendar from /) as string,
    }),
  )
  expect(defineConfig({ migrations: [], calendar: { from: '1800-01-01', to: '2073-10-15' } }).calendar).toBeDefined()
})

test('a dimension with the name of the calendar is a second definition', () => {
  const source = { collection: 'e', type: 'type', order: 'seq', time: 'at' } as const
  const own = dimension('date', { key: { date: c.date() } })
  const migration = { name: 'm', source, revision: 1, handlers: new Map(), schemas: new Map(), include: undefined }
  const config = (tables: Record<string, typeof own | typeof calendar>): unknown =>
    defineConfig({ migrations: [{ ...migration, tables }], calendar: { from: '2024-01-01', to: '2024-01-02' } })
  expect(() => config({ own })).toThrow('Two definitions are both named date.')
  expect(config({ calendar })).toBeDefined()
})
