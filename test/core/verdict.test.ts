import { expect, it } from 'vitest'
import { worstVerdict, type Verdict } from '../../src/core/verdict.ts'

const BEST_FIRST: readonly Verdict[] = ['agree', 'empty', 'partial', 'stale', 'differ', 'failed']

it.each(BEST_FIRST.map((verdict, at) => [verdict, BEST_FIRST.slice(0, at + 1)] as const))(
  '%s outweighs every better verdict, in any order',
  (verdict, upTo) => {
    expect(worstVerdict(upTo)).toBe(verdict)
    expect(worstVerdict(upTo.toReversed())).toBe(verdict)
  },
)

it('no checks at all are empty, never agreement', () => {
  expect(worstVerdict([])).toBe('empty')
})

it('checks agree only when each of them does', () => {
  expect(worstVerdict(new Set<Verdict>(['agree']))).toBe('agree')
  expect(worstVerdict(['agree', 'empty', 'agree'])).toBe('empty')
})
