import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RowValues } from '../../src/compare/difference.ts'
import { compareReports, MAX_REPORT_ROWS } from '../../src/compare/index.ts'

const compare = (legacy: readonly RowValues[], warehouse: readonly RowValues[], key = ['a', 'b']) =>
  compareReports('sales', key, legacy, warehouse)

describe('compareReports', () => {
  it('names each kind of difference', () => {
    const legacy = [
      { a: 1, b: 1, n: 1 },
      { a: 2, b: 1, n: 1, m: 5 },
      { a: 4, b: 1, n: 1 },
      { a: 4, b: 1, n: 2 },
    ]
    const warehouse = [
      { a: 2, b: '1', n: '2', o: 6 },
      { a: 3, b: 1, n: 1 },
      { a: 4, b: 1, n: 1 },
    ]
    expect(compare(legacy, warehouse)).toEqual([
      { kind: 'duplicate', side: 'legacy', key: { a: 4, b: 1 } },
      { kind: 'missing', key: { a: 1, b: 1 }, legacy: legacy[0] },
      {
        kind: 'changed',
        key: { a: 2, b: 1 },
        columns: {
          n: { legacy: 1, warehouse: '2' },
          m: { legacy: 5, warehouse: undefined },
          o: { legacy: undefined, warehouse: 6 },
        },
      },
      { kind: 'extra', key: { a: 3, b: 1 }, warehouse: warehouse[1] },
    ])
  })

  it.each([
    [
      { a: 'x|y', b: 'z' },
      { a: 'x', b: 'y|z' },
    ],
    [
      { a: 'x', b: '' },
      { a: '', b: 'x' },
    ],
    [
      { a: '1:x', b: '' },
      { a: '1', b: 'x' },
    ],
    [
      { a: 'x1:y', b: 'z' },
      { a: 'x', b: 'y1:z' },
    ],
    [
      { a: null, b: 'null' },
      { a: 'null', b: null },
    ],
    [
      { a: null, b: 'x' },
      { a: '', b: 'x' },
    ],
    [
      { a: 0, b: 1 },
      { a: 1, b: 0 },
    ],
    [
      { a: '11', b: '1' },
      { a: '1', b: '11' },
    ],
    [
      { a: 'x\0', b: 'y' },
      { a: 'x', b: '\0y' },
    ],
  ])('keeps %j and %j apart, whose parts would be equal when joined', (one, other) => {
    expect(compare([one, other], [other, one])).toEqual([])
    expect(compare([one], [other]).map(({ kind }) => kind)).toEqual(['missing', 'extra'])
  })

  it('refuses rows without a key column, and reports with too many rows', () => {
    expect(() => compare([{ a: 1 }], [])).toThrow(
      'The report sales has rows without its key column b on the legacy side.',
    )
    expect(() => compare([], [{ b: 1 }])).toThrow('key column a on the warehouse side')
    const long = Array.from({ length: MAX_REPORT_ROWS + 1 }, () => ({ a: 1, b: 1 }))
    expect(() => compare([], long)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
  })

  const cell = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'x', 'xy', 'null', '1', null, 'y|'))
  const row = fc.record({ a: cell, b: cell, n: cell, m: cell })
  const rows = fc.uniqueArray(row, { selector: ({ a, b }) => JSON.stringify([text(a), text(b)]), maxLength: 12 })

  it('agrees with any shuffled copy of a report', () => {
    const shuffled = rows.chain((of) => fc.tuple(fc.constant(of), fc.shuffledSubarray(of, { minLength: of.length })))
    fc.assert(
      fc.property(shuffled, ([legacy, copy]) => {
        expect(
          compare(
            legacy,
            copy.map(({ a, b, n, m }) => ({ m, n, b, a })),
          ),
        ).toEqual([])
      }),
    )
  })

  it('agrees exactly when both sides have the same rows, in either direction', () => {
    fc.assert(
      fc.property(rows, rows, (legacy, warehouse) => {
        const canonical = (of: readonly RowValues[]): string[] =>
          of.map((r) => JSON.stringify(['a', 'b', 'n', 'm'].map((column) => text(r[column])))).toSorted()
        const isSame = JSON.stringify(canonical(legacy)) === JSON.stringify(canonical(warehouse))
        const differences = compare(legacy, warehouse)
        expect(differences.length === 0).toBe(isSame)
        expect(compare(warehouse, legacy)).toHaveLength(differences.length)
      }),
    )
  })

  it('finds any single change', () => {
    const damage = fc.tuple(
      rows.filter((of) => of.length > 0),
      fc.nat(),
      fc.constantFrom('drop', 'change', 'double'),
    )
    fc.assert(
      fc.property(damage, ([legacy, at, kind]) => {
        const i = at % legacy.length
        const copy: RowValues[] = [...legacy]
        if (kind === 'drop') copy.splice(i, 1)
        else if (kind === 'double') copy.push(legacy[i]!)
        else copy[i] = { ...legacy[i], n: 'something else' }
        const expected = { drop: 'missing', change: 'changed', double: 'duplicate' }[kind]
        expect(compare(legacy, copy)).toEqual([expect.objectContaining({ kind: expected })])
      }),
    )
  })
})

/** What the comparison takes a cell of these rows for: 1 and '1' are the same value, and null is not a text. */
function text(cell: unknown): unknown {
  return typeof cell === 'number' ? String(cell) : cell
}
