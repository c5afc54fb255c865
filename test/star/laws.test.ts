import { inspect as show } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import { compareKeys, keyText, mergeBatch, mergeRows } from '../../src/star/rows/merge.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { DEED, EVERYTHING, rowsFrom } from '../property/everything.ts'

// The laws are about rows with one key; which key does not matter.
function ofOneKey(rows: readonly Row[], keyLength: number): Row[] {
  return rows.map((row) => [...rows[0]!.slice(0, keyLength), ...row.slice(keyLength)])
}

describe.each([
  ['a dimension', EVERYTHING],
  ['a fact', DEED],
])('rows of %s form a join-semilattice:', (_, target) => {
  const { relation } = target.table.layout
  const three = rowsFrom(target, { minLength: 3, maxLength: 3 }).map((rows) => ofOneKey(rows, relation.keyLength))
  const join = (a: Row, b: Row): Row => mergeRows(relation, a, b)

  test('the order of two does not matter', () => {
    fc.assert(
      fc.property(three, ([a, b]) => {
        expect(join(a!, b!)).toEqual(join(b!, a!))
      }),
    )
  })

  test('the grouping of three does not matter', () => {
    fc.assert(
      fc.property(three, ([a, b, d]) => {
        expect(join(join(a!, b!), d!)).toEqual(join(a!, join(b!, d!)))
      }),
    )
  })

  test('merging a row again changes nothing', () => {
    fc.assert(
      fc.property(three, ([a, b]) => {
        expect(join(a!, a!)).toEqual(a)
        expect(join(join(a!, b!), b!)).toEqual(join(a!, b!))
      }),
    )
  })

  test('a merge does not change the rows it is given', () => {
    fc.assert(
      fc.property(three, ([a, b]) => {
        const before = inspect([a, b])
        join(a!, b!)
        expect(inspect([a, b])).toBe(before)
      }),
    )
  })

  test('a batch has each key once, in the order of the primary key, however it is split', () => {
    fc.assert(
      fc.property(rowsFrom(target, { maxLength: 12 }), fc.nat(12), (rows, cut) => {
        const whole = mergeBatch(relation, rows)
        expect(new Set(whole.map((row) => keyText(relation, row))).size).toBe(whole.length)
        expect(whole.toSorted((a, b) => compareKeys(relation, a, b))).toEqual(whole)
        const parts = [...mergeBatch(relation, rows.slice(cut)), ...mergeBatch(relation, rows.slice(0, cut))]
        expect(mergeBatch(relation, parts)).toEqual(whole)
      }),
    )
  })
})

function inspect(rows: unknown): string {
  return show(rows, { depth: null, maxArrayLength: null, maxStringLength: null })
}

test('every order of six events leads to the same row, for every merge', () => {
  const thing = dimension('thing', {
    key: { id: c.int() },
    columns: {
      last: c.varchar(9).nullable(),
      first: c.int().first().nullable(),
      low: c.int().min().nullable(),
      high: c.int().max().nullable(),
      some: c.boolean().any().nullable(),
      every: c.boolean().all().nullable(),
      mail: c.varchar(9).pii(),
    },
  })
  const key = { id: 1 }
  const { relation } = thing.layout
  const history = [
    thing.edit(key, { last: 'early', high: 9, mail: 'one', some: true }),
    thing.create(key, { last: 'made', first: 1, low: 5, mail: 'two', every: false }),
    thing.delete(key),
    thing.create(key, { first: 3, low: 2, high: 2, some: false, every: true }),
    thing.erase(key),
    thing.edit(key, { last: null, first: 4, mail: 'late' }),
  ]
  const rows = history.map((operation, seq) => rowsOf([operation], stampOf(BigInt(seq >> 1), seq, 1), 'live')[0]!.row)
  const [expected, ...others] = new Set(
    permutations(rows).map((order) => JSON.stringify(order.reduce((a, b) => mergeRows(relation, a, b)))),
  )
  expect(others).toEqual([])
  const row = JSON.parse(expected!) as unknown[]
  const valueOf = (name: string): unknown => row[thing.layout.slots.get(name)!.index]
  expect(valueOf('mail')).toBeNull()
  expect(['low', 'high', 'some', 'every'].map(valueOf)).toEqual([2, 9, 1, 0])
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}
