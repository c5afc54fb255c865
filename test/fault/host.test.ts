import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Document } from 'mongodb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pause, until } from '../../src/core/abort.ts'
import { destroyUnleash, unleashFlags, type Flags } from '../../src/flags/index.ts'
import type { ObserveOptions } from '../../src/observer/index.ts'
import { offlineUnleash } from '../flags/offline.ts'
import { hosting, step, STEPS_FLAG, type Hosting } from '../observer/hosting.ts'
import { faultySqs, type Fault } from './faulty-sqs.ts'

const soon = () => ({ signal: AbortSignal.timeout(30_000), everyMs: 5 })
const LIMITS = { bufferEvents: 40, bufferBytes: 200_000, lingerMs: 1, batchEvents: 10, sendTimeoutMs: 150 }
const QUICK = { ...LIMITS, breakerFailures: 3, breakerOpenMs: 50 }
const LOAD = 200

/** Inserts events, some concurrently, and checks the observer meanwhile. Every insert must succeed. */
async function load({ events, observer }: Hosting, more: (id: number) => Document = () => ({}), count = LOAD) {
  let mostEvents = 0
  let mostBytes = 0
  for (let id = 0; id < count; id += 10) {
    const inserts = Array.from({ length: 10 }, (_, i) => events.insertOne(step(id + i, more(id + i))))
    for (const { acknowledged } of await Promise.all(inserts)) expect(acknowledged).toBe(true)
    mostEvents = Math.max(mostEvents, observer.health.backlogEvents)
    mostBytes = Math.max(mostBytes, observer.health.backlogBytes)
  }
  expect(mostEvents).toBeLessThanOrEqual(QUICK.bufferEvents)
  expect(mostBytes).toBeLessThanOrEqual(QUICK.bufferBytes)
}

/** Closes the observer. Then every missing event must be recorded, and no event may be missing after healing. */
async function reckon(host: Hosting, real: Parameters<Hosting['sink']>[0], count = LOAD): Promise<void> {
  await host.observer.close({ timeoutMs: 300 })
  expect(await host.events.countDocuments()).toBe(count)
  const { captured, published, missed } = host.observer.counters
  const { 'flag-off': off = 0, 'not-ready': early = 0, oversize = 0, 'not-serialisable': odd = 0, ...dropped } = missed
  const lost = Object.values(dropped).reduce((sum, n) => sum + n, 0)
  // An event that the queue refused as too large had been captured before.
  expect(captured + off + early + odd).toBeGreaterThanOrEqual(count - oversize)
  expect(published + lost + oversize + off + early + odd).toBeGreaterThanOrEqual(count)
  await host.sink(real)
  // No margin, because the windows themselves must be exact.
  await host.heal({ marginMs: 0 })
  expect(await host.missing()).toBe(0)
}

describe('a host under load is not disturbed, and nothing is missing after healing', () => {
  const faults: Fault[] = [
    ...([
      'fine',
      'slow',
      'hangs',
      'down',
      'answers 500',
      'fails half',
      'finds all too large',
      'loses answers',
    ] as const),
  ]
  it.each(faults)('when SQS is: %s', async (fault) => {
    const faulty = await faultySqs(fault)
    const host = await hosting({ queue: faulty.queue, limits: QUICK })
    await load(host)
    await reckon(host, faulty.real)
  })

  it.each(faults)('when SQS is fine, then: %s, then fine', async (fault) => {
    const faulty = await faultySqs()
    const host = await hosting({ queue: faulty.queue, limits: QUICK })
    const changing = (id: number): Document => {
      if (id === 60) faulty.fault = fault
      if (id === 120) faulty.fault = 'fine'
      return {}
    }
    await load(host, changing)
    await reckon(host, faulty.real)
  })

  const never: Flags = { isReady: false, isEnabled: () => false, ready: () => new Promise(() => {}) }
  const failing = (): never => {
    throw new Error('not today')
  }
  const hostile: Record<string, Partial<ObserveOptions>> = {
    'flags are never ready': { flags: never },
    'flags throw': { flags: { isReady: true, isEnabled: failing, ready: failing } },
    'the readiness of flags throws': {
      flags: {
        get isReady() {
          return failing()
        },
        isEnabled: failing,
        ready: failing,
      },
    },
    'the context throws': { context: failing },
    'the logger throws': { logger: { debug: failing, info: failing, warn: failing, error: failing } },
    'metrics throw': { metrics: { createCounter: () => ({ add: failing }), createObservableGauge: failing } },
    'the queue throws': { queue: { limits: { messageBytes: 1000, batchBytes: 1000, batchEntries: 1 }, send: failing } },
    'the queue has impossible limits': {
      queue: { limits: { messageBytes: 0, batchBytes: 0, batchEntries: 0 }, send: async () => undefined as never },
    },
  }
  it.each(Object.keys(hostile))('when %s', async (what) => {
    const host = await hosting({ limits: QUICK, ...hostile[what] })
    await load(host)
    await reckon(host, host.queue)
  })

  it('when Unleash is unreachable and then destroyed', async () => {
    const unleash = offlineUnleash(undefined, { refreshInterval: 10 })
    unleash.on('error', () => {})
    unleash.on('warn', () => {})
    const host = await hosting({ limits: QUICK, flags: unleashFlags(unleash) })
    await load(host, (id) => {
      if (id === 100) destroyUnleash(unleash)
      return {}
    })
    expect(host.observer.counters.missed).toEqual({ 'not-ready': LOAD })
    await reckon(host, host.queue)
  })

  it('when a listener throws', async () => {
    const host = await hosting({ limits: QUICK })
    for (const name of ['published', 'missed', 'breaker'] as const) host.observer.on(name, failing)
    host.observer.on('published', async () => failing())
    await load(host, (id) => {
      host.flags.set(STEPS_FLAG, id % 50 < 30)
      return {}
    })
    await reckon(host, host.queue)
  })

  it('when events are huge', async () => {
    const host = await hosting({ limits: QUICK, maxEventBytes: 50_000 })
    await load(host, (id) => ({ text: id % 5 === 0 ? 'x'.repeat(60_000) : noise(id % 7 === 0 ? 40_000 : 10) }))
    expect(host.observer.counters.missed.oversize).toBe(40)
    await reckon(host, host.queue)
  })

  it('when events are hostile', async () => {
    const host = await hosting({ limits: QUICK })
    let reads = 0
    const odd: ((id: number) => Document)[] = [
      // Throws for the observer, which reads it first, but not for the driver, which reads it second.
      () =>
        Object.defineProperty({}, 'payload', {
          enumerable: true,
          get() {
            if (++reads % 2 === 1) throw new Error('no')
            return 1
          },
        }),
      () => JSON.parse('{"__proto__":{"type":"moved"},"constructor":1}') as Document,
      () => ({ payload: { toBSON: () => ({ x: 1 }) } }),
      () => ({ toString: failing_ }),
    ]
    function failing_(): never {
      return failing()
    }
    for (let id = 0; id < LOAD; id++) {
      const document = step(id)
      const properties = Object.getOwnPropertyDescriptors(odd[id % odd.length]!(id))
      await host.events.insertOne(Object.defineProperties(document, properties) as Document)
    }
    await reckon(host, host.queue)
  })

  it('when coverage windows temporarily cannot be written', async () => {
    const host = await hosting({ limits: QUICK })
    const { client } = host
    const db = client.db.bind(client)
    let fails = false
    client.db = (...args) => {
      if (fails) throw new Error('down')
      return db(...args)
    }
    await load(host, (id) => {
      host.flags.set(STEPS_FLAG, id < 50)
      fails = id > 40 && id < 150
      return {}
    })
    fails = false
    await reckon(host, host.queue)
  })
})

describe('a host that ends', () => {
  const running = async (
    host: Hosting,
    settings: object,
  ): Promise<{ child: ChildProcess; said: { inserted: number; failed: number; isClosed?: boolean } }> => {
    const given = JSON.stringify({ mongoUrl: host.url, name: 'a', isOn: true, ...settings })
    const child = fork(new URL('host-child.ts', import.meta.url), [given], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const said = { inserted: 0, failed: 0 }
    child.on('message', (message) => Object.assign(said, message))
    await until(() => said.inserted >= 200, soon())
    return { child, said }
  }
  const aside = async (): Promise<Hosting> => {
    const host = await hosting()
    await host.observer.close()
    return host
  }

  it.each<[NodeJS.Signals, Fault, boolean]>([
    ['SIGTERM', 'fine', true],
    ['SIGTERM', 'hangs', true],
    ['SIGTERM', 'fine', false],
    ['SIGKILL', 'fine', true],
    ['SIGKILL', 'hangs', true],
    ['SIGKILL', 'answers 500', true],
    ['SIGKILL', 'fine', false],
  ])('by %s, while SQS is: %s (flag on: %s)', async (signal, fault, isOn) => {
    const host = await aside()
    const faulty = await faultySqs(fault)
    const { child, said } = await running(host, { endpoint: faulty.endpoint, queueUrl: faulty.url, isOn })
    child.kill(signal)
    const [code, by] = (await once(child, 'exit')) as [number | null, string | null]
    expect([code, by]).toEqual(signal === 'SIGTERM' ? [0, null] : [null, 'SIGKILL'])
    expect(said.failed).toBe(0)
    await host.sink(faulty.real)
    // An observer counts as crashed after three intervals.
    await pause(400)
    const result = await host.heal({ marginMs: 100 })
    expect(result.crashed).toBe(signal === 'SIGKILL' ? 1 : 0)
    expect(await host.events.countDocuments()).toBeGreaterThanOrEqual(200)
    expect(await host.missing()).toBe(0)
  })

  it('by SIGKILL, with events in a file that the next observer sends', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'changeover-spill-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const host = await aside()
    const faulty = await faultySqs('answers 500')
    const settings = { endpoint: faulty.endpoint, queueUrl: faulty.url, spill: directory }
    const first = await running(host, settings)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    faulty.fault = 'fine'
    await pause(400)
    const next = host.observe({ queue: faulty.queue, limits: QUICK, overflow: { spill: { directory } } })
    await until(() => next.counters.published > 50, soon())
    await next.close()
    await host.sink(faulty.real)
    await host.heal({ marginMs: 100 })
    expect(await host.missing()).toBe(0)
  })
})

/** Text that does not compress well. */
function noise(length: number): string {
  let text = ''
  while (text.length < length) text += Math.random().toString(36).slice(2)
  return text.slice(0, length)
}
