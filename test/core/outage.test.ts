import { expect, test } from 'vitest'
import { ChangeoverError, mayPass, waitOut, type ErrorCode, type OutageWait } from '../../src/core/index.ts'

const policy = { baseMs: 1, capMs: 2 }
const away = (): ChangeoverError => new ChangeoverError('UNREACHABLE', 'away')

/** Work that fails a number of times. */
function failing(times: number, failure: () => unknown = away) {
  let calls = 0
  return {
    calls: () => calls,
    work: async (): Promise<string> => {
      if (calls++ < times) throw failure()
      return 'done'
    },
  }
}

test.each<[ErrorCode, boolean]>([
  ['UNREACHABLE', true],
  ['FAILING', true],
  ['DENIED', false],
  ['SCHEMA', false],
  ['CONFIG', false],
  ['VALUE', false],
  ['UNEXPECTED', false],
  ['ABORTED', false],
])('an error with the code %s may pass: %s', (code, expected) => {
  expect(mayPass(new ChangeoverError(code, 'said'))).toBe(expected)
})

test('what is no ChangeoverError may pass', () => {
  expect([new TypeError('x'), undefined, 'x', Object.create(null)].map(mayPass)).toEqual([true, true, true, true])
})

test('waits until the work succeeds, and tells of each wait', async () => {
  const { work, calls } = failing(3)
  const waits: OutageWait[] = []
  expect(await waitOut(work, { policy, onWait: (wait) => waits.push(wait) })).toBe('done')
  expect(calls()).toBe(4)
  expect(waits.map(({ failures }) => failures)).toEqual([1, 2, 3])
  expect(waits[0]).toMatchObject({ lastedMs: 0, thrown: { code: 'UNREACHABLE' } })
})

test('throws a permanent error at once', async () => {
  const { work, calls } = failing(3, () => new ChangeoverError('DENIED', 'no'))
  await expect(waitOut(work, { policy })).rejects.toMatchObject({ code: 'DENIED' })
  expect(calls()).toBe(1)
})

test('throws the last error when the outage lasts too long', async () => {
  const since = performance.now()
  await expect(waitOut(failing(1e9).work, { policy: { baseMs: 10_000, capMs: 10_000 }, maxMs: 50 })).rejects.toThrow(
    'away',
  )
  expect(performance.now() - since).toBeLessThan(5000)
})

test('throws the last error when the signal aborts', async () => {
  const stop = new AbortController()
  const waiting = waitOut(failing(1e9).work, {
    policy: { baseMs: 60_000, capMs: 60_000 },
    signal: stop.signal,
    onWait: () => setImmediate(() => stop.abort()),
  })
  await expect(waiting).rejects.toThrow('away')
})
