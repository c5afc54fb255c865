import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { column as c, dimension, fact, group } from '../../src/exports/index.ts'
import { isContested } from '../../src/star/rows/content.ts'
import { memoryWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { write, type Doing } from './writing.ts'
import { sql } from '../support/sql.ts'

const sale = fact('sale', {
  key: { id: c.int(), shop: c.varchar(9) },
  measures: {
    price: c.double().nullable(),
    word: c.varchar(9).nullable(),
    ...group('place', { city: c.varchar(9).nullable() }),
    mail: c.varchar(9).pii(),
    note: c.text().last().nullable(),
  },
})
const user = dimension('user', { key: { id: c.int() }, columns: { name: c.varchar(9).nullable() } })
const { relation, content } = sale.layout

let fresh: FreshWarehouse
let warehouse: Warehouse

beforeAll(async () => {
  fresh = await freshTables([sale, user])
  ;({ warehouse } = fresh)
})
afterAll(() => fresh[Symbol.asyncDispose]())

/** A create (or, with `edits`, only an edit), as plain data. */
interface Write {
  readonly id: number
  readonly price: number | null
  readonly word: string | null
  readonly city: string | null
  readonly mail: string
  readonly edits: boolean
  readonly revision: number
}
const writes: fc.Arbitrary<Write[]> = fc.array(
  fc.record({
    id: fc.nat(3),
    // What one careless text would hold in two ways: 1 and '1', NULL and 'n'.
    price: fc.constantFrom(1, 11, null),
    word: fc.constantFrom('1', 'n', '', null),
    city: fc.constantFrom('a', null),
    mail: fc.constantFrom('m', 'o'),
    edits: fc.boolean(),
    revision: fc.constantFrom(1, 1, 1, 2, 255),
  }),
  { minLength: 1, maxLength: 8 },
)

function doingOf({ id, price, word, city, mail, edits, revision }: Write, seq: number): Doing {
  const key = { id, shop: 'x' }
  const operation = edits ? sale.edit(key, { note: word }) : sale.create(key, { price, word, city, mail })
  return { seq, revision, operations: [operation] }
}

/** The witness: the ids of which the latest revision wrote more than one content. */
function contested(events: readonly Write[]): number[] {
  return [0, 1, 2, 3].filter((id) => {
    const creates = events.filter((each) => each.id === id && !each.edits)
    const latest = Math.max(...creates.map(({ revision }) => revision))
    const contents = creates
      .filter(({ revision }) => revision === latest)
      .map(({ price, word, city }) => JSON.stringify([price, word, city]))
    return new Set(contents).size > 1
  })
}

test('different contents under one key are found in any order; equal ones are not', async () => {
  await fc.assert(
    fc.asyncProperty(
      writes,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (events, random, batch) => {
        await sql(warehouse, 'DELETE FROM fact_sale')
        const memory = memoryWarehouse()
        const doings = events.map(doingOf)
        const arrivals = [...doings, ...doings.filter((_, i) => i % 3 === 0)]
          .map((doing) => ({ doing, at: random.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ doing }) => doing)
        for (let i = 0; i < arrivals.length; i += batch) {
          for (const target of [warehouse, memory]) await write(target, [sale], arrivals.slice(i, i + batch))
        }
        const expected = contested(events)
        const [found] = await warehouse.conflicts([sale, user])
        expect(found?.keys.map(({ id }) => id) ?? []).toEqual(expected)
        expect(found?.count ?? 0).toBe(expected.length)
        const inMemory = memory.rows(relation).filter((row) => {
          const [high, low] = [row[content!.high], row[content!.low]]
          return typeof high === 'bigint' && typeof low === 'bigint' && isContested(high, low)
        })
        expect(inMemory.map((row) => Number(row[0])).toSorted((a, b) => a - b)).toEqual(expected)
      },
    ),
    { numRuns: 250 },
  )
})

test('a raised revision under which the contents agree clears the conflict, even when the old mapping runs again', async () => {
  await sql(warehouse, 'DELETE FROM fact_sale')
  const create = (price: number, revision: number, seq: number): Doing => ({
    seq,
    revision,
    operations: [sale.create({ id: 1, shop: 'x' }, { price })],
  })
  const count = async (): Promise<number> => (await warehouse.conflicts([sale]))[0]?.count ?? 0
  await write(warehouse, [sale], [create(1, 1, 1), create(2, 1, 2)])
  expect(await count()).toBe(1)
  await write(warehouse, [sale], [create(5, 2, 1)])
  await write(warehouse, [sale], [create(5, 2, 2), create(2, 1, 2)])
  expect(await count()).toBe(0)
})

test('many conflicts are counted, and the first 20 are listed by key', async () => {
  await sql(warehouse, 'DELETE FROM fact_sale')
  const doings = Array.from({ length: 60 }, (_, seq): Doing => ({
    seq,
    operations: [sale.create({ id: seq % 30, shop: 'x' }, { price: seq })],
  }))
  await write(warehouse, [sale], doings)
  const [found] = await warehouse.conflicts([sale])
  expect(found).toMatchObject({ table: 'sale', count: 30 })
  expect(found!.keys).toEqual(Array.from({ length: 20 }, (_, id) => ({ id, shop: 'x' })))
})

test('a fact without content has no conflicts', async () => {
  const bare = fact('bare', { key: { id: c.int() }, measures: { mail: c.text().pii(), low: c.int().min().nullable() } })
  expect(bare.layout.content).toBeUndefined()
  expect(await warehouse.conflicts([bare, user])).toEqual([])
})
