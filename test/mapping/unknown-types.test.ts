import { describe, expect, it } from 'vitest'
import { unknownTypesOf, UnknownTypeTally } from '../../src/mapping/unknown-types.ts'

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

  it('are named once, however often they are given', () => {
    const one = { type: 'flew', events: 1 }
    expect(unknownTypesOf([one, one, one], [])).toEqual({ unmapped: 3, unknownTypes: [{ type: 'flew', events: 3 }] })
  })

  it('are cut when their names are long', () => {
    const { unknownTypes } = unknownTypesOf([{ type: 'x'.repeat(1000), events: 1 }], [])
    expect(unknownTypes[0]!.type).toHaveLength(80)
  })
})

describe('a tally of unknown types', () => {
  it('adds up parts, the most frequent type first', () => {
    const tally = new UnknownTypeTally()
    tally.add(unknownTypesOf([{ type: 'flew', events: 2 }], []))
    tally.add(unknownTypesOf([{ type: null, events: 3 }], []))
    tally.add(unknownTypesOf([{ type: 'flew', events: 2 }], []))
    expect(tally.found).toEqual({
      unmapped: 7,
      unknownTypes: [
        { type: 'flew', events: 4 },
        { type: null, events: 3 },
      ],
    })
  })

  it('counts events of any number of types, and keeps no more than 1000 apart', () => {
    const tally = new UnknownTypeTally()
    for (let i = 0; i < 1500; i++) tally.add(unknownTypesOf([{ type: `type ${i}`, events: 1 }], []))
    // A new type, as frequent as can be, comes too late; a known one does not.
    tally.add(unknownTypesOf([{ type: 'late', events: 100 }], []))
    tally.add(unknownTypesOf([{ type: 'type 999', events: 1 }], []))
    const { unmapped, unknownTypes } = tally.found
    expect([unmapped, unknownTypes.length]).toEqual([1601, 20])
    expect(unknownTypes[0]).toEqual({ type: 'type 999', events: 2 })
  })
})
