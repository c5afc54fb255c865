import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerOf, type Ledger } from '../../src/ledger/index.ts'
import { column as c, fact } from '../../src/exports/index.ts'
import { bucketsOf, checksumOf, comparedColumns, encodeCells, type Buckets } from '../../src/star/rows/canonical.ts'
import { doubleBits } from '../../src/star/rows/double-text.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Relation, Row } from '../../src/star/rows/relation.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { doubleSql } from '../../src/warehouse/checks/double.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { DEED, EVERYTHING, rowsFrom } from '../property/everything.ts'
import { thing, things } from '../property/histories.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

const number = fact('number', { key: { id: c.int() }, measures: { value: c.double().nullable() } })
const pair = fact('pair', {
  key: { id: c.varchar(9), more: c.varchar(9) },
  measures: { a: c.varchar(9).nullable(), b: c.varchar(9).nullable(), long: c.text().nullable() },
})
const { receipts, quarantine }: Ledger = ledgerOf(things())

let fresh: FreshWarehouse
let warehouse: Warehouse

beforeAll(async () => {
  const tables: AnyTable[] = [EVERYTHING.table, DEED.table, number, pair, thing]
  fresh = await freshTables(tables, [receipts, quarantine])
  ;({ warehouse } = fresh)
})
afterAll(() => fresh[Symbol.asyncDispose]())

async function refill(relation: Relation, rows: readonly Row[]): Promise<Buckets> {
  await sql(warehouse, `DELETE FROM \`${relation.name}\``)
  await warehouse.merge(relation, mergeBatch(relation, rows))
  return warehouse.buckets(relation)
}
const sorted = (buckets: Buckets): unknown => [...buckets].toSorted(([a], [b]) => (a < b ? -1 : 1))

/** A row with these cells of the user's, and nothing else. */
function rowOf(table: AnyTable, cells: Record<string, Row[number]>): Row {
  return table.layout.relation.columns.map(({ name, type }) =>
    name === '_live_stamp'
      ? Buffer.alloc(16, 1)
      : type.name === 'stamp'
        ? Buffer.alloc(16)
        : name === '_origin'
          ? 1
          : (cells[name] ?? null),
  )
}

describe.each([
  ['a dimension', EVERYTHING],
  ['a fact', DEED],
])('the server and JS compute the same checksums of %s with every column type', (_, target) => {
  const { relation } = target.table.layout

  test('for any rows', async () => {
    await fc.assert(
      fc.asyncProperty(rowsFrom(target, { maxLength: 20 }), async (rows) => {
        const buckets = await refill(relation, rows)
        expect(sorted(buckets)).toEqual(sorted(bucketsOf(relation, mergeBatch(relation, rows))))
      }),
      { numRuns: 150 },
    )
  })

  test('a changed cell changes the bucket of its row only; a changed origin changes no bucket', async () => {
    const compared = comparedColumns(relation).filter((index) => index >= relation.keyLength)
    await fc.assert(
      fc.asyncProperty(
        rowsFrom(target, { minLength: 8, maxLength: 16 }),
        rowsFrom(target, { minLength: 1, maxLength: 1 }),
        fc.nat(),
        fc.constantFrom(...compared),
        async (all, [other], which, index) => {
          const rows = mergeBatch(relation, all)
          const row = rows[which % rows.length]!
          const before = await refill(relation, rows)
          const changed = row.with(index, other![index]!)
          const isSame = encodeCells(relation.columns, row) === encodeCells(relation.columns, changed)
          const after = await refill(
            relation,
            rows.map((each) => (each === row ? changed : each)),
          )
          const differing = [...before].filter(([bucket, sum]) => after.get(bucket)?.digest !== sum.digest)
          const own = [...bucketsOf(relation, [row]).keys()]
          expect(differing.map(([bucket]) => bucket)).toEqual(isSame ? [] : own)
          await sql(warehouse, `UPDATE \`${relation.name}\` SET _origin = _origin ^ 7`)
          expect(sorted(await warehouse.buckets(relation))).toEqual(sorted(after))
        },
      ),
      { numRuns: 40 },
    )
  })
})

test('the server and JS take a double of any size apart in the same way', async () => {
  const { relation } = number.layout
  const powers = fc
    .tuple(fc.integer({ min: -324, max: 308 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.nat(16), fc.boolean())
    .map(([power, digits, kept, negative]) =>
      Number(`${negative ? '-' : ''}${String(digits).slice(0, kept + 1)}e${power - kept}`),
    )
  const around = fc
    .tuple(fc.integer({ min: -20, max: 25 }), fc.integer({ min: -3, max: 3 }))
    .map(([power, ulps]) => neighbour(Number(`1e${power}`), ulps))
  const bits = fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((raw) => new Float64Array(BigUint64Array.of(raw).buffer)[0]!)
  const large = fc.double({ min: -(2 ** 54), max: 2 ** 54, noNaN: true })
  const binary = fc
    .tuple(fc.integer({ min: -1074, max: 1023 }), fc.integer({ min: -3, max: 3 }), fc.boolean())
    .map(([power, ulps, negative]) => neighbour(2 ** power, ulps) * (negative ? -1 : 1))
  const known = fc.constantFrom(...EXTREMES.flatMap((value) => [value, -value]))
  const finite = fc.oneof(powers, around, binary, bits, large, known, fc.maxSafeInteger()).filter(Number.isFinite)
  await fc.assert(
    fc.asyncProperty(fc.array(finite, { minLength: 200, maxLength: 400 }), async (values) => {
      const rows = values.map((value, id) => rowOf(number, { id, value: value === 0 ? 0 : value }))
      const buckets = await refill(relation, rows)
      if (checksumOf(buckets) === checksumOf(bucketsOf(relation, rows))) return
      const written = await sql(warehouse, `SELECT id, ${doubleSql('value')} AS said FROM fact_number ORDER BY id`)
      const text = ({ id, said }: Readonly<Record<string, unknown>>): unknown[] => [values[Number(id)], String(said)]
      expect(written.map(text)).toEqual(values.map((value) => [value, doubleBits(value)]))
    }),
    { numRuns: 40 },
  )
})

test('the server and JS take every power of two and its neighbours apart in the same way', async () => {
  const { relation } = number.layout
  const powers = Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074))
  const values = [...EXTREMES, ...powers.flatMap((power) => [-1, 0, 1].map((ulps) => neighbour(power, ulps)))]
  const rows = values.map((value, id) => rowOf(number, { id, value: id % 2 === 0 ? value : -value }))
  expect(sorted(await refill(relation, rows))).toEqual(sorted(bucketsOf(relation, rows)))
})

const EXTREMES = [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** -1022, 2 ** -1022 - 2 ** -1074, 1.0000000000000001e-7]

/** The double that is so many steps from this one. */
function neighbour(value: number, steps: number): number {
  const bits = new BigInt64Array(Float64Array.of(value).buffer)[0]!
  return new Float64Array(BigInt64Array.of(bits + BigInt(steps)).buffer)[0]!
}

test('the checksums of internal tables are the same too: histories, receipts, quarantine', async () => {
  const { relation: history } = thing.layout.history!
  const time = '2024-02-29 23:59:59.999'
  const rows = new Map<Relation, Row>([
    [history, history.columns.map(({ name, type }) => (name === '_event' ? Buffer.from('e') : exampleOf(type.name)))],
    [receipts, [Buffer.of(0, 255), -(2n ** 63n), -(2 ** 31), 6, 3]],
    [quarantine, [Buffer.of(1), time, time, 1, 'why 😀\0', Buffer.from([0, 0x27, 0xff])]],
  ])
  for (const [relation, row] of rows) {
    expect(sorted(await refill(relation, [row]))).toEqual(sorted(bucketsOf(relation, [row])))
  }
})

function exampleOf(type: string): Row[number] {
  if (type === 'stamp') return Buffer.alloc(16, 7)
  if (type === 'datetime') return '2024-02-29 00:00:00.000'
  return type === 'bigint' ? 2n ** 61n : type.startsWith('varchar') ? "a'\0 " : 1
}

test('an empty table has no buckets', async () => {
  expect(await refill(number.layout.relation, [])).toEqual(new Map())
  expect(checksumOf(new Map())).toBe(checksumOf(bucketsOf(number.layout.relation, [])))
})

test('rows that differ only in where a value ends have different checksums', async () => {
  const { relation } = pair.layout
  const variants: Record<string, Row[number]>[] = [
    { id: 'k', more: '', a: 'x', b: 'y' },
    { id: 'k', more: '', a: 'xy', b: '' },
    { id: 'k', more: '', a: 'xy', b: null },
    { id: 'k', more: '', a: null, b: 'xy' },
    { id: 'k', more: '', a: 'n', b: null },
    { id: 'k', more: '', a: null, b: 'n' },
    { id: 'k', more: '', a: null, b: null },
    { id: 'k', more: '', a: '1:x', b: null },
    { id: 'k', more: '', a: 'x', b: '1:y' },
    { id: 'k', more: '', a: 'x ', b: 'y' },
    { id: 'k', more: '', a: 'x\0', b: 'y' },
    { id: '', more: 'k', a: 'x', b: 'y' },
    { id: 'k', more: '', a: 'x', b: 'y', long: '' },
    { id: 'k', more: '', a: 'x', b: 'y', long: 'é'.repeat(500_000) },
  ]
  const sums = new Set<string>()
  for (const variant of variants) {
    const row = rowOf(pair, variant)
    const buckets = await refill(relation, [row])
    expect(sorted(buckets)).toEqual(sorted(bucketsOf(relation, [row])))
    sums.add(checksumOf(buckets))
  }
  expect(sums.size).toBe(variants.length)
})

test('two rows that differ in their key only do not cancel each other out', () => {
  const { relation } = number.layout
  const sum = (ids: number[]): string =>
    checksumOf(
      bucketsOf(
        relation,
        ids.map((id) => rowOf(number, { id, value: 1 })),
      ),
    )
  expect(new Set([sum([1]), sum([1, 2]), sum([2]), sum([])]).size).toBe(4)
})
