import { beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import type { Column } from '../../src/star/define/column.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import type { PlanOptions, Step, Warehouse } from '../../src/warehouse/index.ts'
import { fits } from '../../src/star/types/widening.ts'
import { freshTables } from '../support/fresh.ts'
import { inOrder, write } from './writing.ts'
import { sql } from '../support/sql.ts'

let warehouse: Warehouse

beforeEach(async () => {
  const fresh = await freshTables()
  ;({ warehouse } = fresh)
  return () => fresh[Symbol.asyncDispose]()
})

const holding = (value: Column, more: Record<string, Column> = {}): AnyTable =>
  dimension('thing', { key: { id: c.varchar(9) }, columns: { value, ...more }, history: true })
const planFor = (table: AnyTable, options?: PlanOptions): Promise<Step[]> =>
  warehouse.plan({ tables: [table], internal: [] }, options)
const apply = async (table: AnyTable, options?: PlanOptions): Promise<void> =>
  warehouse.apply(await planFor(table, options))
const create = (table: AnyTable, values: Record<string, unknown>): Promise<void> =>
  write(warehouse, [table], inOrder({ table, kind: 'create', key: { id: 'a' }, values }))
const read = async (table: AnyTable): Promise<unknown> => {
  const column = table.layout.relation.columns.find(({ name }) => name === 'value')!
  const [row] = await sql(warehouse, 'SELECT value FROM dim_thing')
  return column.type.decode(row!['value'])
}

describe('a column grows without losing its value, in its history too, and is then up to date:', () => {
  test.each<[string, Column, Column, unknown, unknown]>([
    ['boolean to int', c.boolean(), c.int(), true, 1],
    ['boolean to bigint', c.boolean(), c.bigint(), true, 1n],
    ['int to bigint', c.int(), c.bigint(), -(2 ** 31), -(2n ** 31n)],
    ['varchar to a longer one', c.varchar(3), c.varchar(300), 'a \0', 'a \0'],
    ['char to varchar', c.char(3), c.varchar(9), 'a  ', 'a  '],
    ['varchar to text', c.varchar(9), c.text(), '😀 ', '😀 '],
    ['enum with a longer word', c.enum('a'), c.enum('a', 'abc'), 'a', 'a'],
    ['binary', c.binary(2), c.binary(2000), Buffer.of(0, 255), Buffer.of(0, 255)],
    ['decimal before the point', c.decimal(5, 2), c.decimal(9, 2), '-999.99', '-999.99'],
    ['decimal after the point', c.decimal(5, 2), c.decimal(9, 6), '-999.99', '-999.990000'],
  ])('%s', async (_, narrow, wide, value, expected) => {
    await apply(holding(narrow))
    await create(holding(narrow), { value })
    const steps = await planFor(holding(wide))
    expect(steps.map(({ kind }) => kind)).toEqual(['widen', 'widen'])
    await warehouse.apply(steps)
    await warehouse.apply(steps)
    expect(await read(holding(wide))).toEqual(expected)
    expect(await planFor(holding(wide))).toEqual([])
  })
})

describe('a column that shrinks is refused, and changed when destructive steps are allowed:', () => {
  test.each<[string, Column, Column, unknown]>([
    ['bigint to int', c.bigint(), c.int(), 7],
    ['int to boolean', c.int(), c.boolean(), 1],
    ['varchar to a shorter one', c.varchar(9), c.varchar(5), 'abc'],
    ['text to varchar', c.text(), c.varchar(9), 'abc'],
    ['decimal before the point', c.decimal(9, 2), c.decimal(9, 3), '1.50'],
    ['decimal after the point', c.decimal(9, 2), c.decimal(9, 1), '1.50'],
    ['double to int', c.double(), c.int(), 7],
    ['int to varchar', c.int(), c.varchar(20), 7],
    ['datetime to date', c.datetime(), c.date(), '2024-02-29T00:00:00Z'],
  ])('%s', async (_, wide, narrow, value) => {
    await apply(holding(wide))
    await create(holding(wide), { value })
    await expect(planFor(holding(narrow))).rejects.toMatchObject({
      code: 'SCHEMA',
      message: expect.stringMatching(/^The column dim_thing\.value is \S+.* and should be \S+\.$/) as string,
      remedy: expect.stringContaining('--allow-destructive') as string,
    })
    const steps = await planFor(holding(narrow), { allowDestructive: true })
    expect(steps.map(({ kind }) => kind)).toEqual(['change', 'change'])
    await warehouse.apply(steps)
    expect(await planFor(holding(narrow))).toEqual([])
    expect(String(await read(holding(narrow)))).toMatch(/^(7|1|abc|1\.500?|1\.5|2024-02-29)$/)
  })

  test('a value that does not fit stops the change and is kept', async () => {
    await apply(holding(c.bigint()))
    await create(holding(c.bigint()), { value: 2n ** 40n })
    await expect(apply(holding(c.int()), { allowDestructive: true })).rejects.toMatchObject({ code: 'VALUE' })
    expect(await read(holding(c.bigint()))).toBe(2n ** 40n)
  })
})

test('a column that is no longer defined is kept until dropping is allowed, and then dropped with its stamp', async () => {
  const before = holding(c.int(), { gone: c.varchar(9).nullable() })
  await apply(before)
  await create(before, { value: 1, gone: 'x' })
  const views = ['thing', 'thing_members', 'thing_history'].map(
    (name) => `the view ${name} is missing or has other columns`,
  )
  expect((await planFor(holding(c.int()))).map(({ why }) => why)).toEqual(views)
  await apply(holding(c.int()))
  expect(await sql(warehouse, 'SELECT gone FROM dim_thing')).toEqual([{ gone: 'x' }])
  const steps = await planFor(holding(c.int()), { allowDestructive: true })
  expect(steps.map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    'drop: the columns gone, _stamp_gone of dim_thing are no longer defined',
    'drop: the columns gone, _written_gone of dim_thing_history are no longer defined',
  ])
  await warehouse.apply(steps)
  await warehouse.apply(steps)
  expect(await planFor(holding(c.int()), { allowDestructive: true })).toEqual([])
  expect(await sql(warehouse, 'SELECT * FROM thing')).toEqual([{ id: 'a', value: 1 }])
})

test('no type fits a narrower one, and each fits itself', () => {
  const types = ['TINYINT(1)', 'INT', 'BIGINT', 'DOUBLE', 'DATE', 'DATETIME(3)', 'CHAR(24)', 'VARCHAR(9)', 'MEDIUMTEXT']
  for (const type of [...types, 'DECIMAL(9,2)', 'VARBINARY(9)', 'BINARY(16)', 'LONGBLOB']) {
    expect(fits(type.toLowerCase(), type)).toBe('same')
    for (const other of types) if (fits(type, other) === 'wider') expect(fits(other, type)).toBe('other')
  }
  expect(fits('int(11)', 'INT')).toBe('same')
  expect(fits('smallint', 'INT')).toBe('other')
  expect(fits('int(10) unsigned', 'INT')).toBe('other')
})
