import { expect, test } from 'vitest'
import { ChangeoverError } from '../../src/core/errors.ts'
import { entryFailure, requestFailure, sqsErrors } from '../../src/queue/sqs-errors.ts'

const named = (name: string, more: object = {}): Error => Object.assign(new Error('It says so.'), { name }, more)
const withStatus = (httpStatusCode: number): Error => named('SomethingNew', { $metadata: { httpStatusCode } })

test.each([
  [named('ThrottlingException'), 'UNREACHABLE', true],
  [named('AWS.SimpleQueueService.NonExistentQueue'), 'CONFIG', false],
  [named('ExpiredToken'), 'DENIED', true],
  [named('AccessDenied', { $metadata: { httpStatusCode: 500 } }), 'DENIED', false],
  [withStatus(500), 'UNREACHABLE', true],
  [withStatus(429), 'UNREACHABLE', true],
  [withStatus(401), 'DENIED', false],
  [withStatus(400), 'CONFIG', false],
  [named('constructor'), 'UNREACHABLE', true],
  ['a text', 'UNREACHABLE', true],
])('classifies %s as %s (retryable: %s)', (thrown, code, retryable) => {
  expect(sqsErrors.translate(thrown, 'events').code).toBe(code)
  expect(requestFailure(thrown).retryable).toBe(retryable)
})

test('names the queue, repeats the message of the service, and keeps the cause', () => {
  const thrown = named('OverLimit')
  const error = sqsErrors.translate(thrown, 'events')
  expect(error.message).toBe('The queue events cannot be reached: OverLimit: It says so.')
  expect(error.cause).toBe(thrown)
})

test('an error about a signature is reduced to its name and is not the cause', () => {
  const thrown = Object.assign(new Error('token hush-hush'), { name: 'InvalidSignatureException' })
  const error = sqsErrors.translate(thrown, 'events')
  expect(error.message).toBe('The queue events refuses the request: InvalidSignatureException')
  expect(error.cause).toBeUndefined()
  expect(requestFailure(thrown).reason).toBe('InvalidSignatureException')
})

test('a ChangeoverError is passed on, and is not retryable', () => {
  const error = new ChangeoverError('CONFIG', 'The package is missing.')
  expect(sqsErrors.translate(error, 'events')).toBe(error)
  expect(requestFailure(error)).toEqual({ retryable: false, reason: 'The package is missing.' })
})

test('an error whose properties cannot be read is transient', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('no')
    },
  })
  expect(requestFailure(hostile)).toMatchObject({ retryable: true })
})

test.each([
  [{ Code: 'RequestThrottled', SenderFault: true }, true, 'RequestThrottled'],
  [{ Code: 'SomethingNew', SenderFault: true, Message: 'Bad.' }, false, 'SomethingNew: Bad.'],
  [{ Code: 'SomethingNew', SenderFault: false }, true, 'SomethingNew'],
  [{}, true, 'refused without a reason'],
])('an entry that failed with %j is retryable: %s', (entry, retryable, reason) => {
  expect(entryFailure(entry)).toEqual({ retryable, reason })
})
