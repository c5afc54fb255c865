import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { ChangeoverError, type OutageWait } from '../../src/core/index.ts'
import { windowId, type CoverageWindow } from '../../src/coverage/format.ts'
import { compile, type Migration } from '../../src/mapping/index.ts'
import { heal } from '../../src/migrate/index.ts'
import type { QueueSender } from '../../src/queue/index.ts'
import { hosting, step, steps, STEPS_FLAG, type Hosting } from '../observer/hosting.ts'
import { delayed } from './history.ts'

const soon = () => ({ signal: AbortSignal.timeout(20_000), everyMs: 5 })
const HOUR = 3_600_000
const hour = (n: number): Date => new Date(1_700_000_000_000 + n * HOUR)

/** A window as an observer would have written it. */
async function written(host: Hosting, name: string, more: Omit<Partial<CoverageWindow>, '_id'>): Promise<void> {
  const _id = windowId('steps', 'someone', name)
  const window = { kind: 'window', migration: 'steps', instance: 'someone', reason: 'flag-off', writes: 1, events: 1 }
  const times = { openedAt: new Date(), updatedAt: new Date() }
  await host.coverage.insertOne({
    _id: _id as never,
    ...window,
    state: 'closed',
    from: null,
    to: null,
    ...times,
    ...more,
  })
}

/** A host without an observer: one event per hour that was not captured. */
async function unobserved(hours: number): Promise<Hosting> {
  const host = await hosting()
  await host.observer.close()
  await host.events.insertMany(Array.from({ length: hours }, (_, n) => step(n, { at: hour(n) })))
  return host
}

describe('heal', () => {
  it('replays what was missed and marks its window as healed', async () => {
    const host = await hosting()
    host.flags.set(STEPS_FLAG, false)
    await host.events.insertMany([step(1), step(2)])
    await host.observer.close()
    expect(await host.missing()).toBe(2)
    expect(await host.heal()).toMatchObject({ healed: 1, open: 0, crashed: 0, events: 2, applied: 2, quarantined: 0 })
    expect(await host.missing()).toBe(0)
    expect(await host.windows()).toMatchObject([{ state: 'healed', healedAt: expect.any(Date) as unknown }])
    expect(await host.heal()).toMatchObject({ healed: 0, events: 0 })
  })

  it('replays the windows and nothing else', async () => {
    const host = await unobserved(10)
    await written(host, 'a', { from: hour(2), to: hour(3) })
    await written(host, 'b', { from: hour(7), to: hour(7) })
    expect(await host.heal()).toMatchObject({ healed: 2, events: 3 })
    expect(await host.missing()).toBe(7)
  })

  it('looks a margin beyond both ends of a window', async () => {
    const host = await unobserved(10)
    await written(host, 'a', { from: hour(5), to: hour(5) })
    expect(await host.heal({ marginMs: HOUR })).toMatchObject({ events: 3 })
  })

  it('applies only what has no receipt', async () => {
    const host = await unobserved(5)
    await written(host, 'a', { from: hour(0), to: hour(2) })
    await host.heal()
    await written(host, 'b', { from: hour(1), to: hour(4) })
    expect(await host.heal()).toMatchObject({ healed: 1, events: 2 })
  })

  it('looks everywhere when a bound is not known', async () => {
    const host = await unobserved(5)
    await written(host, 'a', {})
    expect(await host.heal()).toMatchObject({ healed: 1, events: 5 })
  })

  it('replays an open window up to now and leaves it open', async () => {
    const host = await unobserved(5)
    await written(host, 'a', { from: hour(3), to: hour(3), state: 'open' })
    expect(await host.heal()).toMatchObject({ healed: 0, open: 1, events: 2 })
    expect(await host.windows()).toMatchObject([{ state: 'open' }])
  })

  it('leaves a window open whose events may still be written', async () => {
    const host = await unobserved(1)
    await written(host, 'a', { reason: 'outcome-unknown' })
    expect(await host.heal()).toMatchObject({ healed: 0, open: 1, events: 1 })
    expect(await host.heal({ settleMs: 0 })).toMatchObject({ healed: 1, events: 0 })
  })

  it('does not mark a window that has grown in the meantime', async () => {
    const host = await unobserved(3)
    await written(host, 'a', { from: hour(0), to: hour(0) })
    const grow = { $set: { to: hour(2) }, $inc: { writes: 1 } }
    let isGrown = false
    const result = await host.heal({
      onProgress() {
        if (!isGrown) void host.coverage.updateOne({}, grow)
        isGrown = true
      },
    })
    await until(async () => (await host.windows())[0]?.writes === 2, soon())
    // Whichever came first, no window is marked that was not replayed.
    if (result.healed === 0) expect(await host.heal()).toMatchObject({ healed: 1, events: 2 })
  })

  it('may run several times at once', async () => {
    const host = await unobserved(50)
    await written(host, 'a', {})
    const results = await Promise.all([host.heal(), host.heal(), host.heal()])
    expect(results.reduce((sum, { healed }) => sum + healed, 0)).toBe(1)
    expect(await host.missing()).toBe(0)
  })

  it('finishes in another call after it was stopped', async () => {
    const host = await unobserved(600)
    await written(host, 'a', {})
    const stop = new AbortController()
    const running = host.heal({ signal: stop.signal, onProgress: () => stop.abort(new Error('stopped')) })
    await expect(running).rejects.toThrow('stopped')
    expect(await host.windows()).toMatchObject([{ state: 'closed' }])
    expect(await host.heal()).toMatchObject({ healed: 1 })
    expect(await host.missing()).toBe(0)
  })

  it('treats an observer that fell silent as crashed and replays what it may have had', async () => {
    const host = await unobserved(1)
    await host.events.insertMany([step(1), step(2)])
    const silent = { kind: 'heartbeat', migration: 'steps', instance: 'dead', everyMs: 10 }
    const [from, to, updatedAt] = [new Date(Date.now() - 1000), new Date(), new Date(Date.now() - 500)]
    await host.coverage.insertOne({ _id: 'heartbeat/steps/dead' as never, ...silent, from, to, updatedAt })
    const window = { state: 'open', from: hour(0), to: hour(0), instance: 'dead' }
    await written(host, 'open', window as Partial<CoverageWindow>)
    expect(await host.heal()).toMatchObject({ healed: 2, open: 0, crashed: 1, events: 3 })
    expect(await host.heartbeats()).toEqual([])
    expect(await host.heal()).toMatchObject({ healed: 0, crashed: 0 })
  })

  it('reports its progress by windows, also after each batch of events', async () => {
    const host = await unobserved(300)
    await written(host, 'a', { from: hour(0), to: hour(299) })
    await written(host, 'b', { from: hour(500), to: hour(501) })
    const seen: unknown[] = []
    await host.heal({ onProgress: ({ phase, done, total }) => void seen.push([phase, done, total]) })
    expect(seen).toEqual([0, 0, 1, 2].map((done) => ['heal', done, 2]))
  })

  it('fails when the source collection does not exist, even without windows', async () => {
    const host = await unobserved(1)
    await host.events.drop()
    await expect(host.heal()).rejects.toMatchObject({
      code: 'CONFIG',
      message: `MongoDB has no collection ${host.events.namespace}.`,
    })
  })

  it('names the types that the mapping does not know, of the events in the windows only', async () => {
    const host = await unobserved(2)
    const unknown = [5, 6, 9].map((n) => step(n, { at: hour(n), type: `hopped ${n}` }))
    await host.events.insertMany(unknown)
    await written(host, 'a', { from: hour(0), to: hour(5) })
    await written(host, 'b', { from: hour(6), to: hour(7) })
    expect(await host.heal()).toMatchObject({
      healed: 2,
      events: 2,
      unmapped: 2,
      unknownTypes: [
        { type: 'hopped 5', events: 1 },
        { type: 'hopped 6', events: 1 },
      ],
    })
  })

  it('leaves a live observer alone', async () => {
    const host = await hosting()
    await until(async () => (await host.heartbeats()).length === 1, soon())
    expect(await host.heal()).toMatchObject({ crashed: 0, healed: 0 })
  })

  it('quarantines what cannot be applied, with the reason', async () => {
    const host = await unobserved(1)
    await host.events.insertOne(step(7, { seq: 'first' }))
    await written(host, 'a', {})
    const result = await host.heal()
    expect(result).toMatchObject({ healed: 1, applied: 1, quarantined: 1 })
    expect(result.reasons).toHaveLength(1)
  })
})

describe('while the warehouse is away', () => {
  /** A warehouse whose first merges fail, a number of times. Heartbeats always fail: nothing waits for them. */
  const awayFor = (host: Hosting, times: number) => {
    let calls = 0
    return delayed(host.warehouse, async ({ name }) => {
      if (name.startsWith('_worker_') || ++calls <= times) throw new ChangeoverError('UNREACHABLE', 'failing over')
    })
  }

  it('waits for it, reports what it waits for, and continues', async () => {
    const host = await unobserved(5)
    await written(host, 'a', {})
    const waits: unknown[] = []
    const onWait = ({ thrown }: OutageWait): void => void waits.push(thrown)
    expect(await host.heal({ warehouse: awayFor(host, 3), onWait })).toMatchObject({ healed: 1, applied: 5 })
    expect(waits).toHaveLength(3)
    expect(waits[0]).toMatchObject({ message: 'failing over' })
  })

  it('ends with its error after `outageMs`, and leaves the window to the next call', async () => {
    const host = await unobserved(5)
    await written(host, 'a', {})
    const healing = host.heal({ warehouse: awayFor(host, 1e9), outageMs: 50 })
    await expect(healing).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'failing over' })
    expect(await host.heal()).toMatchObject({ healed: 1, events: 5 })
  })
})

it('derives what it needs of a migration once', async () => {
  const host = await unobserved(3)
  await written(host, 'a', {})
  let reads = 0
  const watched = new Proxy(steps, {
    get(target, name: keyof Migration) {
      if (name === 'tables') reads++
      return target[name]
    },
  })
  compile(watched)
  const once = reads
  await heal(watched, { mongo: host.client.db(), warehouse: host.warehouse })
  expect(reads).toBe(2 * once)
})

type Act =
  | { readonly do: 'insert'; readonly count: number; readonly isBig: boolean }
  | { readonly do: 'abort' }
  | { readonly do: 'flag'; readonly on: boolean }
  | { readonly do: 'queue'; readonly works: boolean }
  | { readonly do: 'restart'; readonly kill: boolean }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('insert'), count: fc.integer({ min: 1, max: 8 }), isBig: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'abort' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flag'), on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('queue'), works: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart'), kill: fc.boolean() }) },
) as fc.Arbitrary<Act>

describe('whatever happens', () => {
  it('nothing is missing after healing, whatever the flag, the queue and the buffer did', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
        const host = await hosting()
        await host.observer.close()
        let works = true
        const real = host.queue
        const refuse: QueueSender['send'] = async (messages) =>
          messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'down' }))
        const queue: QueueSender = {
          limits: real.limits,
          send: (...given) => (works ? real.send(...given) : refuse(...given)),
        }
        const small = {
          queue,
          maxEventBytes: 1000,
          limits: { bufferEvents: 10, lingerMs: 1, breakerFailures: 2, breakerOpenMs: 5 },
        }
        let observer = host.observe(small)
        await until(async () => (await host.heartbeats()).length === 1, soon())
        let id = 0
        for (const now of acts) {
          if (now.do === 'flag') host.flags.set(STEPS_FLAG, now.on)
          else if (now.do === 'queue') works = now.works
          else if (now.do === 'abort') {
            await host.client.withSession(async (session) => {
              session.startTransaction()
              await host.events.insertOne(step(++id), { session })
              await session.abortTransaction()
            })
          } else if (now.do === 'insert') {
            const text = now.isBig ? 'x'.repeat(1000) : ''
            await host.events.insertMany(
              Array.from({ length: now.count }, () => step(++id, { text, at: hour((id * 7919) % 1000) })),
            )
          } else {
            await observer.close({ timeoutMs: now.kill ? 0 : 20 })
            observer = host.observe(small)
          }
        }
        await observer.close({ timeoutMs: 20 })
        await host.sink()
        const total = await host.events.countDocuments()
        const { captured, published, missed } = observer.counters
        // No margin: the windows themselves must be right, wherever in time their events are.
        await host.heal({ marginMs: 0 })
        expect(await host.missing()).toBe(0)
        // All that is missing is known: nothing else than the windows was needed.
        expect(published).toBeLessThanOrEqual(captured)
        expect(Object.values(missed).every((count) => count > 0)).toBe(true)
        expect((await host.windows()).every(({ state }) => state === 'healed')).toBe(true)
        expect(await host.events.countDocuments()).toBe(total)
      }),
      { numRuns: 15 },
    )
  })
})
