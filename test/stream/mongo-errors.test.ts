import { MongoNetworkError, MongoServerError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { ChangeoverError } from '../../src/core/index.ts'
import { mongoErrors } from '../../src/stream/index.ts'

describe('errors of the MongoDB driver', () => {
  it.each([13, 18, 8000])('are DENIED when the server refuses the user: %d', (code) => {
    const thrown = new MongoServerError({ message: 'not authorized on app', code })
    expect(mongoErrors.translate(thrown, 'app.events')).toMatchObject({
      code: 'DENIED',
      message: 'MongoDB denied access to app.events: not authorized on app.',
      remedy: expect.stringContaining('right to read') as unknown,
      cause: thrown,
    })
  })

  it('are UNREACHABLE when the driver failed otherwise', () => {
    expect(mongoErrors.translate(new MongoNetworkError('connection 1 closed'), 'app.events')).toMatchObject({
      code: 'UNREACHABLE',
      message: 'MongoDB failed at app.events: connection 1 closed.',
    })
  })

  it('are UNEXPECTED when they are not the driver’s', () => {
    expect(mongoErrors.translate(new TypeError('not a function'), 'app.events')).toMatchObject({ code: 'UNEXPECTED' })
  })

  it('stay as they are when they are ours already', () => {
    const ours = new ChangeoverError('CONFIG', 'Something is wrong.')
    expect(mongoErrors.translate(ours, 'app.events')).toBe(ours)
  })
})
