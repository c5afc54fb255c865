import { expect, test } from 'vitest'
import { column as c, dimension, fact } from '../../src/exports/index.ts'

const names = (columns: readonly string[][]): string[] =>
  dimension('d', {
    key: { a: c.int(), b: c.int() },
    columns: { a_b: c.int(), b_c: c.int(), c: c.int(), ['x'.repeat(50)]: c.int(), ['y'.repeat(50)]: c.int() },
    index: columns as never,
  }).layout.relation.indexes!.map(({ name }) => name)

test('an index is named after its columns, in at most 64 characters, and no two have one name', () => {
  const [first, second, third, ...long] = names([
    ['a_b', 'c'],
    ['a', 'b_c'],
    ['c', 'a_b'],
    ['x'.repeat(50), 'y'.repeat(50)],
    ['x'.repeat(50), 'c', 'y'.repeat(50)],
  ])
  expect(first).toMatch(/^ix_a_b_c_[0-9a-f]{8}$/)
  expect(second).not.toBe(first)
  expect(third).toMatch(/^ix_c_a_b_[0-9a-f]{8}$/)
  expect(new Set(long.map((name) => name.length))).toEqual(new Set([64]))
  expect(new Set(long).size).toBe(2)
})

test('the name of an index is the same in every process and version', () => {
  expect(names([['a', 'c']])).toEqual(['ix_a_c_87494a1b'])
})

const user = dimension('user', { key: { id: c.varchar(400) } })
const define = (...index: string[][]): unknown =>
  fact('sale', {
    key: { id: c.int() },
    dimensions: { user },
    measures: { size: c.double(), note: c.text().nullable(), raw: c.json().nullable(), code: c.varchar(400) },
    index: index as never,
  })

test.each<[string, string[][], string]>([
  ['no columns', [[]], 'The fact sale: the index on no columns has 0 columns.'],
  ['an unknown column', [['user']], 'The fact sale: the index on user names user, which is not a column of it.'],
  ['a column twice', [['size', 'size']], 'The fact sale: the index on size, size names size twice.'],
  ['a text', [['note']], 'The fact sale: the index on note names note of type text, which cannot be indexed.'],
  [
    'a JSON column',
    [['size', 'raw']],
    'The fact sale: the index on size, raw names raw of type json, which cannot be indexed.',
  ],
  [
    'a long key',
    [['user_id', 'code']],
    'The fact sale: the index on user_id, code takes up to 3204 bytes; MySQL indexes at most 3072.',
  ],
  ['the columns of another', [['size'], ['size']], 'The fact sale: the index on size is defined twice.'],
])('an index with %s is refused', (_, index, message) => {
  expect(() => define(...index)).toThrow(
    expect.objectContaining({ code: 'DEFINITION', message, remedy: expect.any(String) as string }) as Error,
  )
})

test('columns of the key, of dimensions and measures may be in an index', () => {
  expect(() => define(['id', 'user_id'], ['user_id', 'size'], ['size'])).not.toThrow()
})
