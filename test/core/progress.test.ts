import { describe, expect, it } from 'vitest'
import { ProgressMeter, type RunProgress } from '../../src/core/progress.ts'

/** A meter whose clock the test moves, and what it has reported. */
function metered(): { meter: ProgressMeter; clock: { ms: number }; reports: RunProgress[] } {
  const clock = { ms: 1_000 }
  const reports: RunProgress[] = []
  const meter = new ProgressMeter(
    (progress) => reports.push(progress),
    () => clock.ms,
  )
  return { meter, clock, reports }
}

describe('a progress meter', () => {
  it('reports after each step how far it is, and how fast', () => {
    const { meter, clock, reports } = metered()
    meter.begin('read', 100)
    clock.ms += 2_000
    meter.advance(10)
    clock.ms += 2_000
    meter.advance(30)
    expect(reports).toEqual([
      { phase: 'read', done: 10, total: 100, perSecond: 5, spentMs: {} },
      { phase: 'read', done: 40, total: 100, perSecond: 10, spentMs: {} },
    ])
  })

  it('counts what an earlier run did as done, but not for the rate', () => {
    const { meter, clock, reports } = metered()
    meter.begin('read', 100, 50)
    clock.ms += 1_000
    meter.advance(5)
    expect(reports).toMatchObject([{ done: 55, perSecond: 5 }])
  })

  it('starts again with each phase', () => {
    const { meter, clock } = metered()
    meter.begin('read', 100)
    clock.ms += 1_000
    meter.advance(100)
    meter.begin('check', 10)
    expect(meter.progress).toMatchObject({ phase: 'check', done: 0, total: 10, perSecond: 0 })
  })

  it('never has less to do than was done', () => {
    const { meter } = metered()
    meter.begin('read', 1)
    meter.advance(3)
    expect(meter.progress).toMatchObject({ done: 3, total: 3 })
  })

  it('adds up the time of each step over all phases, of failed ones too', async () => {
    const { meter, clock } = metered()
    const lasting = (ms: number) => async () => {
      clock.ms += ms
      return ms
    }
    meter.begin('read', 1)
    expect(await meter.time('fetch', lasting(30))).toBe(30)
    meter.begin('check', 1)
    const failing = meter.time('fetch', async () => {
      clock.ms += 12
      throw new Error('gone')
    })
    await expect(failing).rejects.toThrow('gone')
    await meter.time('merge', lasting(5))
    expect(meter.progress.spentMs).toEqual({ fetch: 42, merge: 5 })
  })

  it('makes reports that later steps do not change', async () => {
    const { meter, clock, reports } = metered()
    meter.begin('read', 2)
    meter.advance(1)
    await meter.time('fetch', async () => void (clock.ms += 5))
    meter.advance(1)
    expect(reports[0]).toMatchObject({ done: 1, spentMs: {} })
  })

  it('throws on what its listener throws, so that the run ends', () => {
    const meter = new ProgressMeter(() => {
      throw new Error('enough')
    })
    meter.begin('read', 1)
    expect(() => meter.advance(1)).toThrow('enough')
  })

  it('needs no listener', () => {
    const meter = new ProgressMeter()
    meter.begin('read', 1)
    meter.advance(1)
    expect(meter.progress.done).toBe(1)
  })
})
