import { MongoInvalidArgumentError, MongoNetworkError, MongoParseError, MongoServerError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { ChangeoverError } from '../../src/core/index.ts'
import { mongoErrors, mongoServerErrorOf } from '../../src/stream/index.ts'

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

  it('name the password when the user could not be authenticated', () => {
    const thrown = new MongoServerError({ message: 'Authentication failed.', code: 18 })
    expect(mongoErrors.translate(thrown, 'app').remedy).toMatch(/^Check the user and the password in MONGODB_URL/)
  })

  it.each([
    new MongoParseError('option nope is not supported'),
    new MongoInvalidArgumentError('Invalid read preference mode'),
  ])('are CONFIG when the address is wrong: %s', (thrown) => {
    expect(mongoErrors.translate(thrown, 'mongodb://h/app')).toMatchObject({
      code: 'CONFIG',
      remedy: expect.stringContaining('mongodb://user:password@host:27017/database') as unknown,
    })
  })

  it.each([
    new MongoNetworkError('getaddrinfo ENOTFOUND nowhere.invalid'),
    Object.assign(new Error('querySrv ENOTFOUND _mongodb._tcp.nowhere.invalid'), { syscall: 'querySrv' }),
  ])('name the host when there is none of that name: %s', (thrown) => {
    expect(mongoErrors.translate(thrown, 'mongodb://nowhere.invalid/app')).toMatchObject({
      code: 'UNREACHABLE',
      remedy: 'Correct the host in MONGODB_URL: no server has that name.',
    })
  })

  it.each<[string, unknown, boolean]>([
    ['the network', new MongoNetworkError('connection closed'), true],
    ['a missing right', new MongoServerError({ message: 'not authorized', code: 13 }), true],
    ['a refused request', new MongoServerError({ message: 'Unrecognized pipeline stage', code: 40324 }), true],
    ['a wrong call of the driver', new MongoInvalidArgumentError('Invalid read preference mode'), false],
    ['another service', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), false],
    ['a bug', new TypeError('not a function'), false],
  ])('tell a server that failed from a report that is wrong: %s', (_, thrown, isServer) => {
    expect(mongoServerErrorOf(thrown, 'app') !== undefined).toBe(isServer)
  })

  it('are UNEXPECTED when they are not the driver’s', () => {
    expect(mongoErrors.translate(new TypeError('not a function'), 'app.events')).toMatchObject({ code: 'UNEXPECTED' })
  })

  it('stay as they are when they are ours already', () => {
    const ours = new ChangeoverError('CONFIG', 'Something is wrong.')
    expect(mongoErrors.translate(ours, 'app.events')).toBe(ours)
  })
})
