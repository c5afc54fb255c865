import { expect, it } from 'vitest'
import { Breaker } from '../../src/core/breaker.ts'

it('opens after failures in a row, lets one message through after a wait, and doubles the wait each time', () => {
  const states: string[] = []
  const breaker = new Breaker(3, 100, (state) => states.push(state))
  breaker.failed(0)
  breaker.failed(0)
  breaker.succeeded()
  breaker.failed(0)
  breaker.failed(0)
  expect(breaker.state).toBe('closed')
  breaker.failed(0)
  expect([breaker.state, breaker.waitMs(0), breaker.waitMs(60), breaker.waitMs(500)]).toEqual(['open', 100, 40, 0])
  breaker.try()
  expect(breaker.state).toBe('half-open')
  breaker.failed(100)
  expect([breaker.state, breaker.waitMs(100)]).toEqual(['open', 200])
  breaker.try()
  breaker.succeeded()
  expect([breaker.state, breaker.failures, breaker.waitMs(0)]).toEqual(['closed', 0, 0])
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed'])
})

it('never waits longer than a minute', () => {
  const breaker = new Breaker(1, 5000, () => {})
  for (let i = 0; i < 2000; i++) breaker.failed(0)
  expect(breaker.waitMs(0)).toBe(60_000)
})
