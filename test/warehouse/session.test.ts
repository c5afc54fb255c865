import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { column as c, dimension, type RowOf } from '../../src/exports/index.ts'
import { compareText } from '../../src/star/types/cell.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { dialectOf } from '../../src/warehouse/dialect.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { UGLY_TEXTS } from '../property/everything.ts'
import { freshTables, onServer } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

const thing = dimension('thing', {
  key: { id: c.varchar(40) },
  columns: {
    said: c.text().nullable(),
    at: c.datetime().nullable(),
    price: c.decimal(12, 3).nullable(),
    big: c.bigint().nullable(),
  },
})
const { relation } = thing.layout

let url: string
let warehouse: Warehouse

beforeEach(async () => {
  const fresh = await freshTables([thing])
  ;({ warehouse, url } = fresh)
  return () => fresh[Symbol.asyncDispose]()
})

type Values = Parameters<typeof thing.create>[1]

async function write(to: Warehouse, values: Record<string, NonNullable<Values>>): Promise<void> {
  const rows = Object.entries(values).flatMap(([id, given], i) =>
    rowsOf([thing.create({ id }, given)], stampOf(BigInt(i), i, 1), 'live'),
  )
  await to.merge(
    relation,
    mergeBatch(
      relation,
      rows.map(({ row }) => row),
    ),
  )
}

test('keys that differ only in case, accents, trailing spaces or NUL are different rows, sorted as in memory', async () => {
  await write(warehouse, Object.fromEntries(UGLY_TEXTS.map((text) => [text, { said: text }])))
  const rows = await sql(warehouse, 'SELECT id, said FROM thing ORDER BY id')
  expect(rows.map(({ id }) => id)).toEqual([...UGLY_TEXTS].toSorted(compareText))
  expect(rows.every(({ id, said }) => id === said)).toBe(true)
  // What looks like SQL was text, and did nothing.
  expect(await sql(warehouse, 'SELECT COUNT(*) AS n FROM thing WHERE id = ?', ['a '])).toEqual([{ n: 1 }])
})

test('the global time zone and SQL mode of the server do not change what is written and read', async () => {
  const [before] = await sql(url, 'SELECT @@GLOBAL.time_zone AS zone, @@GLOBAL.sql_mode AS mode')
  const { zone, mode } = before as { zone: string; mode: string }
  onTestFinished(() => onServer(`SET GLOBAL time_zone = '${zone}', GLOBAL sql_mode = '${mode}'`))
  await onServer("SET GLOBAL time_zone = '-09:30', GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE'")

  await using fresh = mysqlWarehouse(url)
  const at = new Date('2021-03-28T01:30:00.001Z')
  await write(fresh, { "\\' OR 1=1; -- ": { said: '\\\\', at, price: '-0.001', big: 2n ** 53n + 1n } })
  expect(await sql(fresh, 'SELECT * FROM thing')).toEqual([
    { id: "\\' OR 1=1; -- ", said: '\\\\', at: '2021-03-28 01:30:00.001', price: '-0.001', big: '9007199254740993' },
  ])
  const db = fresh.reader<{ thing: RowOf<typeof thing> }>()
  expect(await db.selectFrom('thing').select(['at', 'price', 'big']).where('said', '=', '\\\\').execute()).toEqual([
    { at, price: '-0.001', big: '9007199254740993' },
  ])
  // A value that does not fit is refused, not cut: the mode of the session is strict.
  const [row] = rowsOf([thing.create({ id: 'x' })], stampOf(1n, 1, 1), 'live')
  await expect(fresh.merge(relation, [row!.row.with(0, 'x'.repeat(41))])).rejects.toMatchObject({ code: 'VALUE' })
})

test('the connection for reports cannot write', async () => {
  const db = warehouse.reader<{ dim_thing: { id: string } }>()
  await expect(db.insertInto('dim_thing').values({ id: 'a' }).execute()).rejects.toThrow(/READ ONLY/)
})

test.each(['UTC', 'America/New_York', 'Pacific/Kiritimati'])(
  'instants are exact in a process whose zone is %s',
  async (zone) => {
    const instants = [
      '1000-01-01T00:00:00.000Z',
      '2024-03-10T07:30:00.001Z',
      '2024-11-03T05:30:00.000Z',
      '2024-11-03T06:30:00.000Z',
      '9999-12-31T23:59:59.999Z',
    ]
    const child = fileURLToPath(new URL('zone-child.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [child, url, ...instants], {
      env: { ...process.env, TZ: zone },
    })
    const { offset, rows, stored } = JSON.parse(stdout) as { offset: number; rows: unknown; stored: unknown }
    expect(offset === 0).toBe(zone === 'UTC')
    expect(rows).toEqual(instants.map((at) => ({ at, day: at.slice(0, 10), latest: at })))
    expect(stored).toEqual(instants.map((at) => at.replace('T', ' ').slice(0, 23)))
  },
)

test('the dialect is that of the server', async () => {
  expect(await warehouse.dialect()).toMatchObject({ name: expect.stringMatching(/^(MySQL|MariaDB)$/) as string })
})

test.each([
  ['8.0.19', { name: 'MySQL', collation: 'utf8mb4_0900_bin' }],
  ['8.4.3', { name: 'MySQL', collation: 'utf8mb4_0900_bin' }],
  ['10.6.0-MariaDB', { name: 'MariaDB', collation: 'utf8mb4_nopad_bin' }],
  ['10.11.19-MariaDB', { name: 'MariaDB', collation: 'utf8mb4_nopad_bin' }],
])('the version %s is supported', (version, dialect) => {
  expect(dialectOf(version)).toMatchObject({ kind: 'supported', dialect })
})

test.each([
  ['5.7.44-log', 'MySQL 5.7.44-log is too old: changeover requires 8.0.19 or later.'],
  ['10.5.1-MariaDB', 'MariaDB 10.5.1-MariaDB is too old: changeover requires 10.6 or later.'],
])('the version %s is not supported, and the reason names the oldest that is', (version, reason) => {
  expect(dialectOf(version)).toEqual({ kind: 'unsupported', reason })
})
