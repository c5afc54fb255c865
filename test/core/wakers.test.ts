import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { createWakers } from '../../src/core/wakers.ts'

const HOUR = 3_600_000

it('ends all waits when it is woken, and those only', async () => {
  const wakers = createWakers()
  const waits = [wakers.wait(HOUR), wakers.wait(HOUR)]
  wakers.wake()
  await Promise.all(waits)
  const start = performance.now()
  await wakers.wait(20)
  expect(performance.now() - start).toBeGreaterThanOrEqual(18)
})

it('ends a wait when its signal aborts, before or during it, and takes its listener away', async () => {
  const wakers = createWakers()
  const stop = new AbortController()
  const waiting = wakers.wait(HOUR, stop.signal)
  stop.abort()
  await waiting
  await wakers.wait(HOUR, stop.signal)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

it('waits at least a millisecond, so that a caller does not spin', async () => {
  const start = performance.now()
  await createWakers().wait(0)
  expect(performance.now() - start).toBeGreaterThan(0.5)
})
