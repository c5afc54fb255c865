import { onTestFinished, expect, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { checkFits, chunks, paramsOf, shapeOf } from '../../src/warehouse/merge/chunks.ts'
import { freshTables } from '../support/fresh.ts'

const thing = dimension('thing', { key: { id: c.int() }, columns: { name: c.text() } })
const { relation } = thing.layout

function rowsNamed(name: string, from: number, count: number): Row[] {
  const rows = Array.from({ length: count }, (_, i) => {
    const id = from + i
    return rowsOf([thing.create({ id }, { name })], stampOf(BigInt(id), id, 1), 'live')[0]!.row
  })
  return mergeBatch(relation, rows)
}
/** The `max_allowed_packet` that MariaDB has by default. */
const PACKET = 16 * 2 ** 20
const sizes = (rows: readonly Row[], packet = PACKET): number[] =>
  chunks(relation, rows, packet).map(({ length }) => length)

test('rows are cut by their count', () => {
  expect(sizes([])).toEqual([])
  expect(sizes(rowsNamed('x', 0, 1024))).toEqual([1024])
  expect(sizes(rowsNamed('x', 0, 1025))).toEqual([1024, 1])
})

test('rows are cut by their bytes, and a row that is larger than a statement should be goes alone', () => {
  expect(sizes(rowsNamed('x'.repeat(2 ** 20), 0, 3))).toEqual([1, 1, 1])
  expect(sizes([...rowsNamed('x', 0, 2), ...rowsNamed('x'.repeat(2 ** 21), 2, 1), ...rowsNamed('x', 3, 2)])).toEqual([
    2, 1, 2,
  ])
})

test('a statement and its text take a part of a small packet', () => {
  const small = 2 ** 16
  const rows = rowsNamed('x'.repeat(300), 0, 2000)
  for (const chunk of chunks(relation, rows, small)) {
    const shape = shapeOf(chunk)
    const bytes = paramsOf(chunk, shape).reduce<number>((sum, value) => sum + String(value).length + 12, 0)
    expect(bytes).toBeLessThan(small)
    expect(shape * relation.columns.length * 3).toBeLessThan(small)
  }
  expect(sizes(rowsNamed('x'.repeat(1000), 0, 3), 1024)).toEqual([1, 1, 1])
})

test('a row that is larger than the packet is refused as a value, by its bytes in UTF-8', () => {
  const packet = 2 ** 20
  const fits = (name: string) => () => checkFits(relation, rowsNamed(name, 0, 1), packet)
  expect(fits('x'.repeat(packet - 2000))).not.toThrow()
  expect(fits('é'.repeat(packet / 2 - 2000))).not.toThrow()
  expect(fits('é'.repeat(packet / 2))).toThrow(
    expect.objectContaining({
      code: 'VALUE',
      message: expect.stringMatching(
        /^A row of dim_thing takes 10\d{5} bytes, and .* less than 1048576 bytes\.$/,
      ) as string,
    }),
  )
})

test.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [513, 1024],
])('the statement for %i rows has %i, each row at least once and in order', (count, shape) => {
  const rows = rowsNamed('x', 0, count)
  expect(shapeOf(rows)).toBe(shape)
  const ids = paramsOf(rows, shape).filter((_, i) => i % relation.columns.length === 0)
  expect(ids).toHaveLength(shape)
  expect([...new Set(ids)]).toEqual(rows.map(([id]) => id))
})

test('a large row at the end of a chunk is not repeated to fill the statement', async () => {
  const fresh = await freshTables([thing])
  onTestFinished(() => fresh[Symbol.asyncDispose]())
  const rows = [...rowsNamed('x', 0, 513), ...rowsNamed('x'.repeat(2 ** 20), 513, 1)]
  const [first, ...more] = chunks(relation, rows, PACKET)
  expect(more).toEqual([])
  const bytes = paramsOf(first!, 1024).reduce<number>((sum, value) => sum + String(value).length, 0)
  expect(bytes).toBeLessThan(2 ** 21)
  await fresh.warehouse.merge(relation, rows)
  const ids = rows.map(([id]) => [Number(id)])
  expect(await fresh.warehouse.find(relation, ids)).toHaveLength(514)
})
