import { describe, expect, it } from 'vitest'
import { describeConflict, describeResult } from '../../src/cli/reconcile-lines.ts'
import type { Difference } from '../../src/compare/index.ts'
import type { ReportResult } from '../../src/reconcile/index.ts'

const agreed: ReportResult = {
  name: 'sales',
  verdict: 'agree',
  rows: [{ day: 1 }, { day: 2 }],
  legacyRows: 2,
  differing: 0,
  differences: [],
  legacyMs: 5,
  warehouseMs: 7,
}
const differing = (differences: readonly Difference[], count = differences.length): ReportResult => ({
  ...agreed,
  verdict: 'differ',
  differing: count,
  differences,
})

describe('the lines of a report', () => {
  it('show the verdict with the rows and the time of each side', () => {
    expect(describeResult(agreed)).toEqual(['sales: agree, 2 rows before (5 ms), 2 after (7 ms)'])
  })

  it('have singulars', () => {
    expect(describeResult({ ...agreed, legacyRows: 1 })).toEqual(['sales: agree, 1 row before (5 ms), 2 after (7 ms)'])
    const evidence = { table: 'sale', count: 1, keys: '{"id":"1"}' }
    expect(describeConflict({ cause: 'conflicting-values', evidence, when: new Date(0) })).toBe(
      'sale: 1 fact has conflicting values; the later one wins: {"id":"1"}',
    )
  })

  it('show the reason of a failure', () => {
    expect(describeResult({ ...agreed, verdict: 'failed', error: 'No rows.' })).toEqual(['sales: failed: No rows.'])
  })

  it.each<[string, Difference]>([
    [
      '{"day":1} is missing from the warehouse; before: {"day":1,"n":2}',
      { kind: 'missing', key: { day: 1 }, legacy: { day: 1, n: 2 } },
    ],
    [
      '{"day":1} is only in the warehouse: {"day":1,"n":2}',
      { kind: 'extra', key: { day: 1 }, warehouse: { day: 1, n: 2 } },
    ],
    ['{"day":1} occurs more than once on the legacy side', { kind: 'duplicate', key: { day: 1 }, side: 'legacy' }],
    [
      '{"day":1}: n was 2, is 3; m was null, is "x"',
      {
        kind: 'changed',
        key: { day: 1 },
        columns: { n: { legacy: 2, warehouse: 3 }, m: { legacy: null, warehouse: 'x' } },
      },
    ],
  ])('describe a difference: %s', (line, difference) => {
    expect(describeResult(differing([difference]))).toEqual([
      'sales: differ in 1 row, 2 rows before (5 ms), 2 after (7 ms)',
      `  ${line}`,
    ])
  })

  it('show the first ten differences and how many more there are', () => {
    const many = Array.from({ length: 12 }, (_, day): Difference => ({
      kind: 'duplicate',
      key: { day },
      side: 'legacy',
    }))
    const lines = describeResult(differing(many, 1012))
    expect(lines).toHaveLength(12)
    expect(lines.at(-1)).toBe('  … and 1,002 more')
  })
})

it('the line of a conflict has the table, the count and the keys', () => {
  const evidence = { table: 'sale', count: 1200, keys: '{"id":"1"}, {"id":"2"}' }
  expect(describeConflict({ cause: 'conflicting-values', evidence, when: new Date(0) })).toBe(
    'sale: 1,200 facts have conflicting values; the later one wins: {"id":"1"}, {"id":"2"}',
  )
})
