import { describe, expect, it } from 'vitest'
import { unknownTypesOf } from '../../src/migrate/unknown-types.ts'

describe('types that a mapping does not know', () => {
  it('are named, the most frequent first, and their events added up', () => {
    const types = [
      { type: 'walked', events: 100 },
      { type: 'flew', events: 2 },
      { type: null, events: 5 },
      { type: 'slept', events: 7 },
    ]
    expect(unknownTypesOf(types, ['walked', 'slept'])).toEqual({
      unmapped: 7,
      unknownTypes: [
        { type: null, events: 5 },
        { type: 'flew', events: 2 },
      ],
    })
  })

  it('are all counted, but no more than 20 are named', () => {
    const types = Array.from({ length: 30 }, (_, i) => ({ type: `type ${i}`, events: 1 }))
    const { unmapped, unknownTypes } = unknownTypesOf(types, ['type 0'])
    expect([unmapped, unknownTypes.length]).toEqual([29, 20])
  })

  it('are cut when their names are long', () => {
    const { unknownTypes } = unknownTypesOf([{ type: 'x'.repeat(1000), events: 1 }], [])
    expect(unknownTypes[0]!.type).toHaveLength(80)
  })
})
