import { expect, it } from 'vitest'
import { Throttle } from '../../src/core/throttle.ts'

function throttled(everyMs: number): { throttle: Throttle; clock: { ms: number } } {
  const clock = { ms: 0 }
  return { throttle: new Throttle(everyMs, () => clock.ms), clock }
}

it('allows the first at once, and then one per interval', () => {
  const { throttle, clock } = throttled(100)
  const allowed = [0, 50, 99, 100, 150, 199, 200].filter((ms) => {
    clock.ms = ms
    return throttle.allows()
  })
  expect(allowed).toEqual([0, 100, 200])
})

it('begins the interval when something was allowed, not when it was refused', () => {
  const { throttle, clock } = throttled(100)
  throttle.allows()
  clock.ms = 250
  expect(throttle.allows()).toBe(true)
  clock.ms = 340
  expect(throttle.allows()).toBe(false)
  clock.ms = 350
  expect(throttle.allows()).toBe(true)
})

it('keeps an interval for each key', () => {
  const { throttle } = throttled(100)
  expect([throttle.allows('a'), throttle.allows('b'), throttle.allows('a'), throttle.allows('b')]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

it('reads the time by itself when it is given no clock', () => {
  const throttle = new Throttle(3_600_000)
  expect([throttle.allows(), throttle.allows()]).toEqual([true, false])
})
