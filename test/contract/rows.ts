import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension, fact } from '../../src/exports/index.ts'
import { receiptRow, receiptsOf } from '../../src/ledger/index.ts'
import { relationsOf, type AnyTable } from '../../src/star/define/table.ts'
import { bucketsOf, type Buckets } from '../../src/star/rows/canonical.ts'
import { keyText, mergeBatch } from '../../src/star/rows/merge.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
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
const personal = dimension('personal', {
  key: { id: c.int() },
  columns: { city: c.varchar(9).nullable(), mail: c.varchar(9).nullable().pii() },
  history: true,
})
const receipts = receiptsOf({ name: 'contract' })
const sale = fact('sale', { key: { id: c.bigint() }, measures: { price: c.int() } })
const tables: readonly AnyTable[] = [EVERYTHING.table, DEED.table, ...keyed.values(), counted, sale, personal]

type Rows = MergePort & ReadPort & Pick<SchemaPort, 'clear'>

/** What a merge port and a read port do together. `make` returns one with these tables and internal ones, all of them empty. */
export function rowsContract(
  name: string,
  make: (
    tables: readonly AnyTable[],
    internal: readonly Relation[],
  ) => Promise<{ readonly warehouse: Rows } & AsyncDisposable>,
): void {
  describe(`merge and read contract: ${name}`, () => {
    let made: Awaited<ReturnType<typeof make>>
    let warehouse: Rows
    beforeAll(async () => {
      made = await make(tables, [receipts])
      ;({ warehouse } = made)
    })
    afterAll(() => made[Symbol.asyncDispose]())
    beforeEach(async () => {
      for (const table of [counted, sale, personal]) {
        for (const relation of relationsOf(table)) await warehouse.clear(relation)
      }
      await warehouse.clear(receipts)
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

    test.each([
      ['a dimension', EVERYTHING],
      ['a fact', DEED],
    ])('rows of %s are counted by the values of any columns', async (_, target) => {
      const { relation } = target.table.layout
      const all = relation.columns.map((_column, index) => index)
      await fc.assert(
        fc.asyncProperty(
          rowsFrom(target, { maxLength: 20 }),
          fc.shuffledSubarray(all, { minLength: 1, maxLength: 4 }),
          async (rows, by) => {
            await warehouse.clear(relation)
            await merge(relation, rows)
            const expected = new Map<string, number>()
            for (const row of mergeBatch(relation, rows)) {
              const cells = cellsText(by.map((index) => row[index]!))
              expected.set(cells, (expected.get(cells) ?? 0) + 1)
            }
            const counts = await warehouse.countBy(relation, by)
            expect(counts).toHaveLength(expected.size)
            expect(new Map(counts.map(({ cells, rows: count }) => [cellsText(cells), count]))).toEqual(expected)
          },
        ),
        { numRuns: 60 },
      )
    })

    test('a table without rows has nothing to count and nothing outdated', async () => {
      expect(await warehouse.countBy(counted.layout.relation, [1])).toEqual([])
      expect(await warehouse.outdated(counted.layout.relation, 9)).toEqual([])
    })

    test('values of text that differ in case or in spaces at the end are counted apart', async () => {
      const names = ['a', 'A', 'a ', 'á', null, null]
      await merge(
        counted.layout.relation,
        names.flatMap((text, id) =>
          rowsOf([counted.create({ id }, { name: text })], stampOf(1n, id, 1), 'live').map(({ row }) => row),
        ),
      )
      const counts = await warehouse.countBy(counted.layout.relation, [1])
      expect(new Map(counts.map(({ cells, rows }) => [cells[0], rows]))).toEqual(
        new Map([
          ['a', 1],
          ['A', 1],
          ['a ', 1],
          ['á', 1],
          [null, 2],
        ]),
      )
    })

    test('registers that no definition from a generation on has written are counted by their stamps', async () => {
      const { relation } = counted.layout
      const doings: readonly (readonly [operation: Operation, position: bigint, generation: number])[] = [
        [counted.create({ id: 1 }, { name: 'a' }), 5n, 1],
        [counted.create({ id: 2 }, { name: 'b' }), 5n, 300],
        [counted.edit({ id: 3 }, { name: 'c' }), -5n, 2],
        [counted.create({ id: 4 }, { name: 'd' }), 5n, 1],
        [counted.create({ id: 4 }, { name: 'd' }), 5n, 2],
        [counted.delete({ id: 5 }), 5n, 2],
        [counted.erase({ id: 6 }), 5n, 1],
      ]
      await merge(
        relation,
        doings.flatMap(([operation, position, generation]) =>
          rowsOf([operation], stampOf(position, 1, generation), 'live').map(({ row }) => row),
        ),
      )
      const outdated = async (generation: number): Promise<unknown> =>
        Object.fromEntries((await warehouse.outdated(relation, generation)).map(({ stamp, rows }) => [stamp, rows]))
      expect(await outdated(1)).toEqual({})
      expect(await outdated(2)).toEqual({ _stamp_name: 1, _live_stamp: 1 })
      expect(await outdated(3)).toEqual({ _stamp_name: 3, _live_stamp: 3 })
      expect(await outdated(256)).toEqual({ _stamp_name: 3, _live_stamp: 3 })
      expect(await outdated(9999)).toEqual({ _stamp_name: 4, _live_stamp: 4 })
    })

    test('an erasure is outdated as any other write is', async () => {
      const { relation } = personal.layout
      await merge(
        relation,
        rowsOf([personal.erase({ id: 1 })], stampOf(1n, 1, 1), 'live').map(({ row }) => row),
      )
      expect(await warehouse.outdated(relation, 1)).toEqual([])
      expect(await warehouse.outdated(relation, 2)).toEqual([{ stamp: '_stamp_mail', rows: 1 }])
    })

    test('a row of a history that says nothing is not outdated', async () => {
      const past = personal.layout.history!.relation
      const edit = personal.edit({ id: 1 }, { city: 'x' })
      const written = rowsOf([edit], stampOf(1n, 1, 1), 'live', '2024-02-29 00:00:00.000')
      const { row } = written.find(({ relation }) => relation === past)!
      const { presence } = past
      const silent = row.map((cell, i) =>
        presence!.flags.includes(i) ? 0 : presence!.values.includes(i) ? null : cell,
      )
      await merge(past, [silent])
      expect(await warehouse.outdated(past, 2)).toEqual([])
      await warehouse.clear(past)
      await merge(past, [row])
      expect(await warehouse.outdated(past, 2)).toMatchObject([{ rows: 1 }])
    })

    test('a table without stamps has nothing outdated', async () => {
      await merge(receipts, [receiptRow(new Uint8Array([1]), { position: 1n, type: 1, outcome: 'applied' }, 1, 'live')])
      expect(await warehouse.outdated(receipts, 9)).toEqual([])
      expect(await warehouse.countBy(receipts, [2, 3])).toEqual([{ cells: [1, 6], rows: 1 }])
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
        () => warehouse.countBy(relation, [1], { signal }),
        () => warehouse.outdated(relation, 1, { signal }),
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

function cellsText(cells: readonly Cell[]): string {
  const textOf = (cell: Cell): string => (cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : String(cell))
  return JSON.stringify(cells.map((cell) => [typeof cell, textOf(cell)]))
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
