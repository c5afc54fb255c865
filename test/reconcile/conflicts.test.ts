import { expect, it } from 'vitest'
import { conflictFindings } from '../../src/reconcile/index.ts'

it('returns one finding per table that has facts with conflicting values', () => {
  const when = new Date('2024-02-29T12:00:00Z')
  const conflicts = [
    { table: 'sale', count: 3, keys: [{ id: '1' }, { id: '2' }] },
    { table: 'visit', count: 1, keys: [{ day: '2024-02-29', user: 'a' }] },
  ]
  expect(conflictFindings(conflicts, when)).toEqual([
    { cause: 'conflicting-values', when, evidence: { table: 'sale', count: 3, keys: '{"id":"1"}, {"id":"2"}' } },
    {
      cause: 'conflicting-values',
      when,
      evidence: { table: 'visit', count: 1, keys: '{"day":"2024-02-29","user":"a"}' },
    },
  ])
  expect(conflictFindings([], when)).toEqual([])
})
