import { describe, expect, it } from 'vitest'
import { describeProgress, ProgressPrinter } from '../../src/cli/progress.ts'
import type { RunProgress } from '../../src/core/index.ts'

const progress: RunProgress = {
  phase: 'read',
  done: 12_000,
  total: 40_000,
  perSecond: 8000,
  spentMs: { read: 4200, apply: 31_000 },
}

describe('the line of a long run', () => {
  it('shows the phase, how much is done, the rate and the time left', () => {
    expect(describeProgress(progress)).toBe('read: 12,000 of about 40,000 (30 %), 8,000/s, 4 s left')
  })

  it('shows where the time goes on request, the longest step first', () => {
    expect(describeProgress(progress, { showsTime: true })).toBe(
      'read: 12,000 of about 40,000 (30 %), 8,000/s, 4 s left; apply 31.0 s, read 4.2 s',
    )
  })

  it('shows no time left while the rate is not known', () => {
    const start = { ...progress, done: 0, perSecond: 0, spentMs: {} }
    expect(describeProgress(start, { showsTime: true })).toBe('read: 0 of about 40,000 (0 %), 0/s')
  })

  it.each([
    [1, '80 s left'],
    [0.1, '14 min left'],
    [0.01, '2.2 h left'],
  ])('gives the time left in a fitting unit at %d per second', (perSecond, left) => {
    expect(describeProgress({ ...progress, done: 20, total: 100, perSecond })).toContain(left)
  })

  it('is complete when there is nothing to do', () => {
    expect(describeProgress({ ...progress, done: 0, total: 0, perSecond: 0 })).toBe('read: 0 of about 0 (100 %), 0/s')
  })
})

describe('the printer', () => {
  function printer(isTTY: boolean): { printer: ProgressPrinter; written: string[]; clock: { now: number } } {
    const written: string[] = []
    const clock = { now: 1_000_000 }
    const output = { isTTY, write: (text: string) => written.push(text) }
    return { printer: new ProgressPrinter({ output, clock: () => clock.now }), written, clock }
  }

  it('rewrites one line on a terminal, at most every 200 ms, and clears it at the end', () => {
    const { printer: shown, written, clock } = printer(true)
    shown.show(progress)
    clock.now += 199
    shown.show(progress)
    clock.now += 1
    shown.show({ ...progress, done: 20_000 })
    shown.end()
    expect(written).toEqual([
      `\r${describeProgress(progress)}\u001B[K`,
      `\r${describeProgress({ ...progress, done: 20_000 })}\u001B[K`,
      '\r\u001B[K',
    ])
  })

  it('writes plain lines elsewhere, at most every 5 s', () => {
    const { printer: shown, written, clock } = printer(false)
    shown.show(progress)
    clock.now += 4999
    shown.show(progress)
    clock.now += 1
    shown.show(progress)
    shown.end()
    expect(written).toEqual(Array(2).fill(`${describeProgress(progress)}\n`))
  })
})
