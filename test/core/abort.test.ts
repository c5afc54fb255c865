import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { pause, until } from '../../src/core/abort.ts'

const HOUR = 3_600_000

describe('pause', () => {
  it('lasts for the given time', async () => {
    const start = performance.now()
    await pause(20)
    expect(performance.now() - start).toBeGreaterThanOrEqual(18)
  })

  it('ends without an error when its signal aborts, before or during the wait', async () => {
    await pause(HOUR, AbortSignal.abort(new Error('stop')))
    const stop = new AbortController()
    const waiting = pause(HOUR, stop.signal)
    stop.abort(new Error('stop'))
    await waiting
  })

  it('does not keep a process alive with ref: false', async () => {
    const child = fork(new URL('pause-child.ts', import.meta.url), { execArgv: [] })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('until', () => {
  const signal = AbortSignal.timeout(20_000)

  it('ends as soon as the condition holds, also when it is a promise', async () => {
    let [asked, askedLater] = [0, 0]
    await until(() => ++asked === 3, { signal, everyMs: 1 })
    await until(async () => ++askedLater === 3, { signal, everyMs: 1 })
    expect([asked, askedLater]).toEqual([3, 3])
  })

  it('checks the condition once before it checks the signal', async () => {
    await until(() => true, { signal: AbortSignal.abort(new Error('too late')) })
  })

  it('throws the reason of its signal', async () => {
    const stop = new AbortController()
    const waiting = until(() => false, { signal: stop.signal, everyMs: HOUR })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('throws what the condition throws', async () => {
    const failing = (): never => {
      throw new Error('broken')
    }
    await expect(until(failing, { signal })).rejects.toThrow('broken')
  })
})
