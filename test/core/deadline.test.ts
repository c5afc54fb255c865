import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { answerWithin, waitAtMost } from '../../src/core/deadline.ts'

const HOUR = 3_600_000
const never = (): Promise<never> => new Promise(() => {})

/** The timers that keep this process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('waitAtMost', () => {
  it('ends as soon as the work does, and leaves no timer', async () => {
    const before = timers()
    await waitAtMost(HOUR, Promise.resolve())
    expect(timers()).toBe(before)
  })

  it('ends at once when there is no work', async () => {
    await waitAtMost(HOUR, undefined)
  })

  it('ends after its time when the work does not', async () => {
    const start = performance.now()
    await waitAtMost(20, never())
    expect(performance.now() - start).toBeGreaterThanOrEqual(18)
  })

  it('rejects when the work does, and leaves no timer', async () => {
    const before = timers()
    await expect(waitAtMost(HOUR, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(timers()).toBe(before)
  })

  it('ignores work that fails after its time', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    await waitAtMost(1, promise)
    reject(new Error('late'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('answerWithin', () => {
  it('resolves to the result of the work, and removes its listener from the signal', async () => {
    const { signal } = new AbortController()
    expect(await answerWithin(HOUR, Promise.resolve(5), signal)).toBe(5)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('rejects as the work does', async () => {
    const failing = answerWithin(HOUR, Promise.reject(new Error('broken')), new AbortController().signal)
    await expect(failing).rejects.toThrow('broken')
  })

  it('rejects after its time, and removes its listener from the signal even if the work never ends', async () => {
    const { signal } = new AbortController()
    // Its timer keeps no process alive.
    const awake = setTimeout(() => {}, HOUR)
    await expect(answerWithin(5, never(), signal)).rejects.toThrow('the server did not answer within 5 ms')
    clearTimeout(awake)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('rejects with the reason of the signal, before and during the work', async () => {
    const stop = new AbortController()
    const during = answerWithin(HOUR, never(), stop.signal)
    stop.abort(new Error('stop'))
    await expect(during).rejects.toThrow('stop')
    await expect(answerWithin(HOUR, never(), stop.signal)).rejects.toThrow('stop')
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('ignores work that fails after the signal aborted', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const stop = new AbortController()
    const answer = answerWithin(HOUR, promise, stop.signal)
    stop.abort(new Error('stop'))
    await expect(answer).rejects.toThrow('stop')
    reject(new Error('late'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})
