import { describe, expect, it } from 'vitest'
import { sumTypes, typeIn } from '../../src/stream/event-types.ts'

describe('the type of an event', () => {
  it.each([
    ['a string', 'moved', 'moved'],
    ['a string that no mapping knows', 'flew', 'flew'],
    ['an array that holds a known type', ['flew', 'moved'], 'moved'],
    ['an array of unknown types', ['flew'], null],
    ['a number', 7, null],
    ['nothing', undefined, null],
  ])('is read from %s', (_, value, type) => {
    expect(typeIn(value, ['moved'])).toBe(type)
  })

  it('is counted once, however it is written', () => {
    const counts = [
      { value: 'moved', events: 2 },
      { value: ['moved'], events: 1 },
      { value: null, events: 3 },
      { value: ['flew'], events: 4 },
    ]
    expect(sumTypes(counts, ['moved'])).toEqual([
      { type: 'moved', events: 3 },
      { type: null, events: 7 },
    ])
  })
})
