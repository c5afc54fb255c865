import { Long } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { encodeEvent } from '../../src/event/index.ts'
import { advanced } from '../../src/migrate/read-ranges.ts'

const start = { number: 3, range: { from: undefined, before: 'm' }, reached: undefined, events: 10, isDone: false }

describe('the progress of a range', () => {
  it('moves to the last event of the batch', () => {
    const batch = ['a', Long.fromBigInt(2n ** 60n)].map((_id) => encodeEvent({ _id }))
    expect(advanced(start, batch)).toEqual({ ...start, reached: Long.fromBigInt(2n ** 60n), events: 12 })
  })

  it('stays where it is without events', () => {
    expect(advanced(start, [])).toEqual(start)
  })
})
