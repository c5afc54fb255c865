import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CoverageWindow } from '../../src/coverage/index.ts'
import { isComplete, stretchesOf } from '../../src/migrate/stretches.ts'

describe('stretches', () => {
  it('cover exactly what the windows cover, each time once', () => {
    const time = fc.option(fc.integer({ min: 0, max: 50 }))
    const some = fc.array(fc.record({ from: time, to: time, isOpen: fc.boolean() }), { maxLength: 12 })
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 3 }), (spans, margin) => {
        const windows = spans.map(({ from, to, isOpen }, i) => {
          const [low, high] = from !== null && to !== null && from > to ? [to, from] : [from, to]
          const date = (n: number | null): Date | null => (n === null ? null : new Date(n))
          return {
            _id: String(i),
            from: date(low),
            to: date(high),
            state: isOpen ? 'open' : 'closed',
          } as CoverageWindow
        })
        const stretches = stretchesOf(windows, margin)
        expect(stretches.flatMap((stretch) => stretch.windows)).toHaveLength(windows.length)
        for (let t = -5; t < 60; t++) {
          const covers = (from: Date | null, to: Date | null): boolean =>
            (from?.getTime() ?? -99) <= t && t <= (to?.getTime() ?? 99)
          const isIn = windows.some(({ from, to, state }) =>
            covers(
              from && new Date(from.getTime() - margin),
              state === 'open' ? null : to && new Date(to.getTime() + margin),
            ),
          )
          expect(stretches.filter(({ from, to }) => covers(from, to))).toHaveLength(isIn ? 1 : 0)
        }
      }),
    )
  })
})

describe('a replayed window', () => {
  const now = new Date(1_700_000_000_000)
  const window = (more: Partial<CoverageWindow>): CoverageWindow => ({
    _id: 'a',
    kind: 'window',
    migration: 'steps',
    instance: 'someone',
    reason: 'flag-off',
    state: 'closed',
    from: null,
    to: null,
    events: 1,
    writes: 1,
    openedAt: now,
    updatedAt: now,
    ...more,
  })

  it('is complete once it is closed', () => {
    expect(isComplete(window({}), now, 60_000)).toBe(true)
    expect(isComplete(window({ state: 'open' }), now, 60_000)).toBe(false)
  })

  it.each(['outcome-unknown', 'too-many-in-flight', 'upsert-unknown'])(
    'is complete only after a while when its events may still be written: %s',
    (reason) => {
      const later = new Date(now.getTime() + 60_000)
      expect(isComplete(window({ reason }), new Date(later.getTime() - 1), 60_000)).toBe(false)
      expect(isComplete(window({ reason }), later, 60_000)).toBe(true)
      expect(isComplete(window({ reason, state: 'open' }), later, 60_000)).toBe(false)
    },
  )
})
