import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, retry, type RetryPolicy } from '../../src/core/retry.ts'

const policy: RetryPolicy = { tries: 4, baseMs: 100, capMs: 1000 }

describe('backoffMs', () => {
  it('doubles its ceiling with each failure, up to the cap', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 50].map((failures) => backoffMs(failures, policy, 1))
    expect(ceilings).toEqual([100, 200, 400, 800, 1000, 1000, 1000])
  })

  it('spreads over the whole range: full jitter', () => {
    expect([0, 0.25, 0.5].map((random) => backoffMs(3, policy, random))).toEqual([0, 100, 200])
  })

  it('is a whole number of milliseconds from zero to the cap, after any number of failures', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.nat(1e6),
        fc.nat(1e6),
        fc.nat(999),
        (failures, base, cap, part) => {
          const ms = backoffMs(failures, { tries: 1, baseMs: base, capMs: cap }, part / 1000)
          expect(Number.isSafeInteger(ms)).toBe(true)
          expect(ms).toBeGreaterThanOrEqual(0)
          expect(ms).toBeLessThanOrEqual(Math.min(cap, base * 2 ** Math.min(30, failures - 1)))
        },
      ),
    )
  })
})

describe('retry', () => {
  const atOnce = { policy, retryable: () => true, random: () => 0 }

  it('returns the result of the first try that succeeds, and reports each failure', async () => {
    const told: unknown[] = []
    let tries = 0
    const work = async (): Promise<number> => {
      if (++tries < 3) throw new Error(`try ${tries}`)
      return tries
    }
    expect(await retry(work, { ...atOnce, onRetry: (thrown) => told.push((thrown as Error).message) })).toBe(3)
    expect(told).toEqual(['try 1', 'try 2'])
  })

  it.each([
    ['when no tries are left', {}, 4],
    ['when the error is not retryable', { retryable: () => false }, 1],
    ['when the signal has aborted', { signal: AbortSignal.abort() }, 1],
  ])('throws the last error %s', async (_, change, expected) => {
    let tries = 0
    const work = async (): Promise<never> => {
      throw new Error(`try ${++tries}`)
    }
    await expect(retry(work, { ...atOnce, ...change })).rejects.toThrow(`try ${expected}`)
    expect(tries).toBe(expected)
  })

  it('stops waiting when the signal aborts, after one more try', async () => {
    const stop = new AbortController()
    let tries = 0
    const work = async (): Promise<never> => {
      throw new Error(`try ${++tries}`)
    }
    const running = retry(work, {
      ...atOnce,
      policy: { tries: 9, baseMs: 3_600_000, capMs: 3_600_000 },
      random: () => 0.999,
      onRetry: () => queueMicrotask(() => stop.abort()),
      signal: stop.signal,
    })
    await expect(running).rejects.toThrow('try 2')
  })
})
