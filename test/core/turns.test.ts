import { expect, test } from 'vitest'
import { Turns } from '../../src/core/turns.ts'

function work(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

test('a turn is over after some work, and timers fire in the turns of others', async () => {
  const turns = new Turns()
  expect(turns.isOver).toBe(false)
  let hasFired = false
  setTimeout(() => (hasFired = true), 1)
  work(15)
  expect(turns.isOver).toBe(true)
  await turns.next()
  await turns.next()
  expect(hasFired).toBe(true)
  expect(turns.isOver).toBe(false)
})

test('a signal ends the work, whether it aborts before or while the others have their turn', async () => {
  const reason = new Error('enough')
  await expect(new Turns().next(AbortSignal.abort(reason))).rejects.toBe(reason)
  const stop = new AbortController()
  const next = new Turns().next(stop.signal)
  stop.abort(reason)
  await expect(next).rejects.toBe(reason)
})
