import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension, fact } from '../../src/exports/index.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { bucketsOf, type Buckets } from '../../src/star/rows/canonical.ts'
import { keyText, mergeBatch } from '../../src/star/rows/merge.ts'
import type { Relation, Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { Cell } from '../../src/star/types/cell.ts'
import { Misfit } from '../../src/star/types/data-type.ts'
import type { Key, MergePort, ReadPort, SchemaPort } from '../../src/warehouse/index.ts'
import { comparable } from '../property/contents.ts'
import { DEED, EVERYTHING, rowsFrom, TYPES } from '../property/everything.ts'

const KEY_TYPES = Object.entries(TYPES).filter(([, { of }]) => of.spec.type.keyBytes !== undefined)
/** A table per type that a key may have; its key has a second column. */
const keyed = new Map(
  KEY_TYPES.map(([name, { of }]) => [name, dimension(`by_${name}`, { key: { id: of, part: c.int() } })]),
)
const counted = dimension('counted', { key: { id: c.int() }, columns: { name: c.varchar(9).nullable() } })
const sale = fact('sale', { key: { id: c.bigint() }, measures: { price: c.int() } })
const tables: readonly AnyTable[] = [EVERYTHING.table, DEED.table, ...keyed.values(), counted, sale]

type Rows = MergePort & ReadPort & Pick<SchemaPort, 'clear'>

/** What a merge port and a read port do together. `make` returns one with these tables, all of them empty. */
export function rowsContract(
  name: string,
  make: (tables: readonly AnyTable[]) => Promise<{ readonly warehouse: Rows } & AsyncDisposable>,
): void {
  describe(`merge and read contract: ${name}`, () => {
    let made: Awaited<ReturnType<typeof make>>
    let warehouse: Rows
    beforeAll(async () => {
      made = await make(tables)
      ;({ warehouse } = made)
    })
    afterAll(() => made[Symbol.asyncDispose]())
    beforeEach(async () => {
      for (const table of [counted, sale]) await warehouse.clear(table.layout.relation)
    })

    const merge = (relation: Relation, rows: readonly Row[]): Promise<void> =>
      warehouse.merge(relation, mergeBatch(relation, rows))
    const pages = async (relation: Relation, pageRows?: number): Promise<Cell[][][]> => {
      const found: Cell[][][] = []
      const options = pageRows === undefined ? {} : { pageRows }
      for await (const page of warehouse.scan(relation, options)) found.push(page.map(shown))
      return found
    }

    test('a merge of no rows writes nothing', async () => {
      await merge(counted.layout.relation, [])
      expect(await pages(counted.layout.relation)).toEqual([])
    })

    test.each([
      ['a dimension', EVERYTHING],
      ['a fact', DEED],
    ])('%s with every column type is read back as it was merged', async (_, target) => {
      const { relation } = target.table.layout
      await fc.assert(
        fc.asyncProperty(
          rowsFrom(target, { maxLength: 20 }),
          fc.integer({ min: 1, max: 5 }),
          async (rows, pageRows) => {
            await warehouse.clear(relation)
            await merge(relation, rows)
            await merge(relation, rows.slice(0, 3))
            const expected = mergeBatch(relation, rows)
            const scanned = await pages(relation, pageRows)
            expect(scanned.flat()).toEqual(expected.map(shown))
            expect(scanned.every((page) => page.length >= 1 && page.length <= pageRows)).toBe(true)
            const found = await warehouse.find(relation, expected.map((row) => keyOf(relation, row)).toReversed())
            expect(mergeBatch(relation, found).map(shown)).toEqual(expected.map(shown))
            expect(found).toHaveLength(expected.length)
            expect(sorted(await warehouse.buckets(relation))).toEqual(sorted(bucketsOf(relation, expected)))
          },
        ),
        { numRuns: 60 },
      )
    })

    test.each(KEY_TYPES)('rows are found and scanned by keys of the type %s', async (type, { of, values }) => {
      const table = keyed.get(type)!
      const { relation } = table.layout
      const ids = values.map((value) => of.spec.type.encode(value)).filter((cell) => !(cell instanceof Misfit))
      const keys = fc.array(fc.tuple(ids as fc.Arbitrary<NonNullable<Cell>>, fc.nat(1)), { maxLength: 12 })
      await fc.assert(
        fc.asyncProperty(keys, keys, async (here, elsewhere) => {
          await warehouse.clear(relation)
          const rows = here.map((key) => blankRow(table, key))
          await merge(relation, rows)
          const expected = mergeBatch(relation, rows).map(shown)
          expect((await pages(relation, 3)).flat()).toEqual(expected)
          const found = await warehouse.find(relation, [...elsewhere, ...here, ...here])
          expect(mergeBatch(relation, found).map(shown)).toEqual(expected)
          expect(found).toHaveLength(expected.length)
          const known = new Set(here.map((key) => keyText(relation, key)))
          const strangers = elsewhere.filter((key) => !known.has(keyText(relation, key)))
          expect(await warehouse.find(relation, strangers)).toEqual([])
        }),
        { numRuns: 40 },
      )
    })

    test('find takes any number of keys', async () => {
      const { relation } = counted.layout
      await merge(relation, numbered(2500))
      const keys = Array.from({ length: 5000 }, (_, id): Key => [id])
      expect(await warehouse.find(relation, keys)).toHaveLength(2500)
      expect(await warehouse.find(relation, [[2499]])).toHaveLength(1)
      expect(await warehouse.find(relation, [])).toEqual([])
    })

    test('pages have at most 1000 rows in the order of their keys, and none is empty', async () => {
      const { relation } = counted.layout
      expect(await pages(relation)).toEqual([])
      await merge(relation, numbered(2000))
      const found = await pages(relation)
      expect(found.map(({ length }) => length)).toEqual([1000, 1000])
      expect(found.flat().map(([id]) => id)).toEqual(Array.from({ length: 2000 }, (_, id) => id))
    })

    test.each([0, -1, 1.5, Number.NaN])('pages of %d rows are refused', async (pageRows) => {
      await expect(pages(counted.layout.relation, pageRows)).rejects.toMatchObject({ code: 'CONFIG' })
    })

    test('a scan returns the rows that exist throughout exactly once, whatever is merged meanwhile', async () => {
      const { relation } = counted.layout
      await merge(relation, numbered(10, 2))
      const found: unknown[] = []
      for await (const page of warehouse.scan(relation, { pageRows: 2 })) {
        await merge(relation, numbered(20))
        found.push(...page.map(([id]) => id))
      }
      expect(found.filter((id) => Number(id) % 2 === 0)).toEqual(Array.from({ length: 10 }, (_, i) => i * 2))
      expect(new Set(found).size).toBe(found.length)
    })

    test('a scan may end early', async () => {
      const { relation } = counted.layout
      await merge(relation, numbered(5))
      for await (const page of warehouse.scan(relation, { pageRows: 2 })) {
        expect(page).toHaveLength(2)
        break
      }
      expect((await pages(relation)).flat()).toHaveLength(5)
    })

    test('facts with two contents are counted, and listed by their keys', async () => {
      const [id, price] = [2n ** 53n + 1n, { price: 1 }]
      const rows = [
        sale.create({ id }, price),
        sale.create({ id }, { price: 2 }),
        sale.create({ id: 1 }, price),
        sale.create({ id: 2 }, price),
        sale.create({ id: 2 }, { price: 2 }),
      ]
      await merge(
        sale.layout.relation,
        rows.flatMap((operation, i) => rowsOf([operation], stampOf(BigInt(i), i, 1), 'live').map(({ row }) => row)),
      )
      expect(await warehouse.conflicts([counted, sale])).toEqual([
        { table: 'sale', count: 2, keys: [{ id: 2 }, { id: '9007199254740993' }] },
      ])
    })

    test('every call rejects when its signal has aborted', async () => {
      const { relation } = counted.layout
      const reason = new Error('stopped')
      const signal = AbortSignal.abort(reason)
      await merge(relation, numbered(3))
      const calls = [
        () => warehouse.merge(relation, numbered(9), { signal }),
        () => warehouse.find(relation, [[1]], { signal }),
        () => warehouse.scan(relation, { signal })[Symbol.asyncIterator]().next(),
        () => warehouse.buckets(relation, { signal }),
        () => warehouse.conflicts([sale], { signal }),
      ]
      for (const call of calls) await expect(call()).rejects.toBe(reason)
      expect((await pages(relation)).flat()).toHaveLength(3)
    })

    test('a scan ends with the reason of its signal between pages', async () => {
      const { relation } = counted.layout
      await merge(relation, numbered(5))
      const stop = new AbortController()
      const reading = async (): Promise<void> => {
        for await (const _page of warehouse.scan(relation, { pageRows: 2, signal: stop.signal })) {
          stop.abort(new Error('enough'))
        }
      }
      await expect(reading()).rejects.toThrow('enough')
    })
  })
}

function keyOf({ keyLength }: Relation, row: Row): Key {
  return row.slice(0, keyLength) as NonNullable<Cell>[]
}

function shown(row: Row): Cell[] {
  return row.map(comparable)
}

function sorted(buckets: Buckets): unknown {
  return [...buckets].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** A row of this key that nothing else was written to. */
function blankRow({ layout }: AnyTable, key: Key): Row {
  return layout.relation.columns.map(({ type, nullable }, i) =>
    i < key.length ? key[i]! : type.name === 'stamp' ? Buffer.alloc(16) : nullable ? null : 0,
  )
}

function numbered(count: number, step = 1): Row[] {
  return Array.from({ length: count }, (_, i) => blankRow(counted, [i * step]))
}
