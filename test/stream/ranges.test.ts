import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaries, rangeCount, rangesBetween } from '../../src/stream/ranges.ts'

describe('how many ranges', () => {
  it('are cut depends on what is wanted and on how many events there are', () => {
    expect(rangeCount(16, 0, 2000)).toBe(1)
    expect(rangeCount(16, 2000, 2000)).toBe(1)
    expect(rangeCount(16, 2001, 2000)).toBe(2)
    expect(rangeCount(16, 1e9, 2000)).toBe(16)
  })
})

describe('boundaries', () => {
  it('cut sorted ids into equal parts', () => {
    expect(boundaries([1, 2, 3, 4, 5, 6], 3)).toEqual([3, 5])
    expect(boundaries([1, 2, 3], 1)).toEqual([])
    expect(boundaries([], 4)).toEqual([])
  })

  it('are fewer when ids repeat', () => {
    expect(boundaries(['a', 'a', 'a', 'a', 'b', 'b'], 6)).toEqual(['a', 'b'])
  })
})

describe('the ranges between boundaries', () => {
  it('hold each id exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), fc.integer({ min: 1, max: 8 }), (ids, parts) => {
        const sorted = ids.toSorted((a, b) => a - b)
        const ranges = rangesBetween(boundaries(sorted, parts))
        expect(ranges.length).toBeLessThanOrEqual(parts)
        for (let id = -1; id <= 31; id++) {
          const holding = ranges.filter(
            ({ from, before }) =>
              (from === undefined || id >= Number(from)) && (before === undefined || id < Number(before)),
          )
          expect(holding).toHaveLength(1)
        }
      }),
    )
  })
})
