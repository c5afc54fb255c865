import { describe, expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { observe } from '../../src/observer/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { hosting, step, steps, STEPS_FLAG } from './hosting.ts'

const soon = () => ({ signal: AbortSignal.timeout(20_000), everyMs: 5 })
const at = (second: number): { at: Date } => ({ at: new Date(1_700_000_000_000 + second * 1000) })

describe('windows', () => {
  it('cover the times of the events that were missed while the flag was off, and close when it is on again', async () => {
    const host = await hosting()
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertMany([step(1, at(5)), step(2, at(1)), step(3, at(9))])
    await until(async () => (await host.windows())[0]?.events === 3, soon())
    expect(await host.windows()).toMatchObject([
      { reason: 'flag-off', state: 'open', migration: 'steps', instance: host.observer.instance, ...span(1, 9) },
    ])
    await host.events.insertOne(step(4, at(20)))
    await until(async () => (await host.windows())[0]?.events === 4, soon())
    host.flags.set(STEPS_FLAG, true)
    await host.events.insertOne(step(5, at(30)))
    await until(async () => (await host.windows())[0]?.state === 'closed', soon())
    expect(await host.windows()).toMatchObject([{ reason: 'flag-off', events: 4, ...span(1, 20) }])
    const [window] = await host.windows()
    expect(window!.updatedAt.getTime()).toBeGreaterThanOrEqual(window!.openedAt.getTime())
  })

  it('open before the flags are known', async () => {
    let isReady = false
    const flags = {
      isEnabled: () => true,
      ready: async () => true,
      get isReady() {
        return isReady
      },
    }
    const host = await hosting({ flags })
    await host.events.insertOne(step(1))
    isReady = true
    await host.events.insertOne(step(2))
    await host.observer.close()
    expect(host.observer.counters).toMatchObject({ captured: 1, missed: { 'not-ready': 1 } })
    expect(await host.windows()).toMatchObject([{ reason: 'not-ready', events: 1, state: 'closed' }])
  })

  it('have no bounds when an event has no time', async () => {
    const host = await hosting()
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertMany([step(1), step(2, { at: 'yesterday' }), step(3, { at: new Date(Number.NaN) })])
    await host.observer.close()
    expect(await host.windows()).toMatchObject([{ from: null, to: null, events: 3 }])
  })

  it('are separate for each reason', async () => {
    const host = await hosting({ maxEventBytes: 1000, limits: { bufferEvents: 2, lingerMs: 60_000 } })
    await host.events.insertOne(step(1, { text: 'x'.repeat(2000) }))
    await host.events.insertMany([step(2), step(3), step(4), step(5)])
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertOne(step(6))
    await host.observer.close()
    expect(host.observer.counters.missed).toEqual({ oversize: 1, overflow: 2, 'flag-off': 1 })
    const reasons = (await host.windows()).map(({ reason, events }) => [reason, events])
    expect(new Map(reasons as [string, number][])).toEqual(
      new Map([
        ['oversize', 1],
        ['overflow', 2],
        ['flag-off', 1],
      ]),
    )
  })

  it('do not cover what an aborted transaction would have written', async () => {
    const host = await hosting()
    host.flags.set(STEPS_FLAG, false)
    await host.client.withSession(async (session) => {
      session.startTransaction()
      await host.events.insertOne(step(1), { session })
      await session.abortTransaction()
    })
    await host.observer.close()
    expect(await host.windows()).toEqual([])
  })

  it('cover the events that were left when the observer was closed', async () => {
    const queue = { ...memoryQueue(), send: () => new Promise<never>(() => {}) }
    const host = await hosting({ queue })
    await host.events.insertMany([step(1), step(2)])
    await host.observer.close({ timeoutMs: 10 })
    expect(await host.windows()).toMatchObject([{ reason: 'closed', events: 2, state: 'closed' }])
    expect(await host.heartbeats()).toEqual([])
  })

  it('are kept in memory, one per reason, while they cannot be written', async () => {
    const host = await hosting()
    await until(async () => (await host.heartbeats()).length === 1, soon())
    const broken = { ...memoryQueue() }
    const told: string[] = []
    const logger = {
      debug() {},
      warn() {},
      info: (said: string) => void told.push(said),
      error: (said: string) => void told.push(said),
    }
    let fails = true
    const { client } = host
    const db = client.db.bind(client)
    client.db = (...args) => {
      if (fails) throw new Error('down')
      return db(...args)
    }
    fails = false
    const second = observe(client, steps, { queue: broken, flags: host.flags, logger, coverage: { heartbeatMs: 10 } })
    fails = true
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertMany([step(1, at(1)), step(2, at(2))])
    await until(() => told.length === 1, soon())
    await host.events.insertOne(step(3, at(3)))
    expect(second.health.isRecorded).toBe(false)
    fails = false
    await until(() => told.length === 2, soon())
    expect(told).toEqual([
      'what is missed cannot be recorded; it is kept in memory',
      'what is missed is recorded again',
    ])
    await second.close()
    const mine = (await host.windows()).filter(({ instance }) => instance === second.instance)
    expect(mine.map(({ events }) => events).reduce((a, b) => a + b, 0)).toBe(3)
  })

  it('are never written to the collection of the events, and not at all without coverage', async () => {
    const host = await hosting({ coverage: false })
    expect(() => host.observe({ coverage: { collection: 'events' } })).toThrow('in the collection of the events')
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertOne(step(1))
    await host.observer.close()
    expect(await host.coverage.countDocuments()).toBe(0)
    expect(host.observer.health.isRecorded).toBe(false)
  })
})

describe('the heartbeat', () => {
  it('covers what would be missed in a crash, and is removed when the observer is closed', async () => {
    const host = await hosting({ limits: { lingerMs: 60_000 } })
    const past = Date.now() - 60_000
    await host.events.insertOne(step(1, { at: new Date(past) }))
    await until(async () => (await host.heartbeats())[0]?.from?.getTime() === past, soon())
    const [heartbeat] = await host.heartbeats()
    expect(heartbeat).toMatchObject({ migration: 'steps', instance: host.observer.instance, everyMs: 20 })
    expect(heartbeat!.to!.getTime()).toBeGreaterThan(past + 50_000)
    expect(Math.abs(heartbeat!.updatedAt.getTime() - Date.now())).toBeLessThan(30_000)
    await host.observer.close()
    expect(await host.heartbeats()).toEqual([])
    expect(await host.windows()).toEqual([])
  })

  it('is separate for each observer', async () => {
    const host = await hosting()
    const others = [host.observe(), host.observe()]
    await until(async () => (await host.heartbeats()).length === 3, soon())
    await Promise.all(others.map((other) => other.close()))
    expect(await host.heartbeats()).toMatchObject([{ instance: host.observer.instance }])
  })
})

describe('settled', () => {
  it('is called once what was missed is recorded, and not before', async () => {
    const host = await hosting({ coverage: { heartbeatMs: 200 } })
    await host.observer.close()
    let told = 0
    const take = Promise.withResolvers<Parameters<import('../../src/observer/index.ts').Tap['start']>[0]>()
    const observer = host.observe({ tap: { start: take.resolve, stop: async () => {} }, coverage: { heartbeatMs: 50 } })
    const capture = await take.promise
    host.flags.set(STEPS_FLAG, false)
    capture.commit([capture.take(step(1))!], () => void told++)
    expect(told).toBe(0)
    await until(() => told === 1, soon())
    expect(await host.windows()).toMatchObject([{ reason: 'flag-off', events: 1 }])
    host.flags.set(STEPS_FLAG, true)
    capture.commit([capture.take(step(2))!, capture.take(step(3))!], () => void told++)
    await observer.flush()
    await until(() => told === 2, soon())
    capture.commit([], () => void told++)
    await until(() => told === 3, soon())
  })
})

function span(from: number, to: number): { from: Date; to: Date } {
  return { from: at(from).at, to: at(to).at }
}
