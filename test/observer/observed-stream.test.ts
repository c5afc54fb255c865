import { describe, expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { changeStreamTap } from '../../src/observer/change-stream-tap.ts'
import { hosting, step, STEPS_FLAG } from './hosting.ts'

const soon = () => ({ signal: AbortSignal.timeout(20_000), everyMs: 5 })

describe('an observer of a change stream', () => {
  it('sends, misses and records as one of commands does, and the next resumes where it stopped', async () => {
    const host = await hosting()
    await host.observer.close()
    await host.events.insertOne(step('before'))
    const namespace = { database: host.events.dbName, collection: 'events' }
    const start = () => {
      const tap = changeStreamTap(host.client, namespace, { migration: 'steps', saveMs: 20 })
      return { tap, observer: host.observe({ tap }) }
    }
    const first = start()
    await first.tap.live
    await host.events.insertMany([step(1), step(2)])
    await until(() => first.observer.counters.published === 2, soon())
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertMany([step(3), step(4)])
    await until(() => first.observer.counters.missed['flag-off'] === 2, soon())
    await first.observer.close()
    expect((await host.windows()).filter(({ reason }) => reason === 'flag-off')).toMatchObject([{ events: 2 }])

    host.flags.set(STEPS_FLAG, true)
    await host.events.insertMany([step(5), step(6)])
    const second = start()
    await until(() => second.observer.counters.published >= 2, soon())
    await second.observer.close()
    await host.sink()
    // Those under the flag, and the one that was there before.
    expect(await host.missing()).toBe(3)
    await host.heal({ marginMs: 0 })
    expect(await host.missing()).toBeLessThanOrEqual(1)
  })
})
