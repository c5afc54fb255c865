import type { Document } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { defineMigration } from '../../src/mapping/index.ts'
import type { MeterLike } from '../../src/core/index.ts'
import { changeStreamTap, observe } from '../../src/observer/index.ts'
import { column as c, fact } from '../../src/star/index.ts'
import { eventsIn, FLAG, idsOf, moving, observing } from './observing.ts'

describe('the context', () => {
  it('decides for each event', async () => {
    const { events, flags, sent, observer } = await observing({ context: (e) => ({ userId: String(e['who']) }) })
    flags.set(FLAG, ({ userId }) => userId === 'u1')
    await events.insertMany([moving(1, { who: 'u1' }), moving(2, { who: 'u2' }), moving(3, { who: 'u1' })])
    expect(idsOf(await sent())).toEqual([1, 3])
    expect(observer.counters.missed).toEqual({ 'flag-off': 1 })
  })

  it('counts as off when it throws, with the reason', async () => {
    const { events, sent, observer } = await observing({
      context: (e) => ({ userId: (e['who'] as Document)['id'] as string }),
    })
    const details: string[] = []
    observer.on('missed', ({ detail }) => details.push(detail))
    await events.insertOne(moving(1))
    expect(await sent()).toEqual([])
    expect(details).toEqual([expect.stringContaining('undefined')])
  })
})

describe('a hostile document', () => {
  class Custom {
    readonly #document: Document
    constructor(document: Document) {
      this.#document = document
    }
    toBSON(): Document {
      return this.#document
    }
  }

  it('is judged by what is stored, not by what it looks like', async () => {
    const { events, sent } = await observing()
    await events.insertOne(new Custom(moving(1)))
    await events.insertOne(Object.assign(new Custom({ ...moving(2), type: 'blinked' }), { type: 'moved' }))
    await events.insertOne({ ...moving(3), payload: new Custom({ x: 1 }) })
    await events.insertOne(
      JSON.parse('{"_id":4,"type":"moved","__proto__":{"x":1},"constructor":{"prototype":1}}') as Document,
    )
    const stored = await events.find({ type: 'moved', _id: { $ne: 1 as never } }).toArray()
    const events_ = await sent()
    expect(events_).toEqual(expect.arrayContaining(stored))
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it.each<[string, () => Document]>([
    ['a getter that throws', () => hostile('payload')],
    ['a type that throws', () => hostile('type')],
    ['a position that throws', () => hostile('seq')],
    ['a time that throws', () => hostile('at')],
    [
      'an error that cannot be shown',
      () =>
        hostile('payload', {
          get message() {
            throw new Error('again')
          },
        }),
    ],
    [
      'toBSON that throws',
      () => ({
        ...moving(1),
        toBSON: () => {
          throw new Error('hostile')
        },
      }),
    ],
    [
      'a circle',
      () => {
        const circle = moving(1)
        circle['self'] = { circle }
        return circle
      },
    ],
    [
      'a proxy',
      () =>
        new Proxy(moving(1), {
          ownKeys: () => {
            throw new Error('hostile')
          },
        }),
    ],
  ])('fails as it would without an observer, and does no harm: %s', async (_, make) => {
    const { client, events, sent, observer } = await observing()
    const without = await client
      .db()
      .collection('unobserved')
      .insertOne(make())
      .then(() => 'fine', named)
    expect(await events.insertOne(make()).then(() => 'fine', named)).toBe(without)
    await events.insertOne(moving(7))
    expect(idsOf(await sent())).toContain(7)
    expect(await events.countDocuments()).toBe(observer.counters.captured)
  })

  it('is missed when it cannot be read a second time', async () => {
    const { events, sent, observer } = await observing()
    let reads = 0
    const once = moving(1)
    Object.defineProperty(once, 'payload', {
      enumerable: true,
      get() {
        if (++reads % 2 === 1) throw new Error('not now')
        return 1
      },
    })
    await events.insertOne(once)
    expect(await events.countDocuments()).toBe(1)
    expect(await sent()).toEqual([])
    expect(observer.counters.missed).toEqual({ 'not-serialisable': 1 })
  })

  it('is missed when it is too large', async () => {
    const { events, sent, observer } = await observing({ maxEventBytes: 1000 })
    await events.insertMany([moving(1), moving(2, { text: 'x'.repeat(1000) })])
    expect(idsOf(await sent())).toEqual([1])
    expect(observer.counters.missed).toEqual({ oversize: 1 })
  })
})

describe('privacy', () => {
  interface Signed {
    _id: number
    seq: number
    type: 'moved'
    at: Date
    who: { email: string; phone: string }
  }
  const signed = fact('signed', { key: { id: c.int() }, dimensions: { day: c.date() } })
  const define = (hmacKey: string | undefined) =>
    defineMigration<Signed>()({
      name: 'signed',
      source: {
        collection: 'events',
        type: 'type',
        order: 'seq',
        time: 'at',
        personal: { 'who.email': 'hmac', 'who.phone': 'drop' },
        hmacKey,
      },
      tables: { signed },
      on: { moved: (e) => signed.create({ id: e._id }, { day: e.at }) },
    })

  it('keeps personal fields in the process, and leaves the document unchanged', async () => {
    const { client, events, queue, flags, observer: other } = await observing()
    await other.close()
    const observer = observe(client, define('k'), { queue, flags, flag: FLAG })
    const mine = moving(1, { who: { email: 'a@b.example', phone: '123' } })
    await events.insertOne(mine)
    await observer.close()
    const [event] = await eventsIn(queue)
    expect(event!['who']).toEqual({ email: expect.stringMatching(/^hmac:/) as unknown })
    expect(mine['who']).toEqual({ email: 'a@b.example', phone: '123' })
    expect((await events.findOne())!['who']).toEqual({ email: 'a@b.example', phone: '123' })
  })

  it('requires its key', async () => {
    const { client, queue, flags } = await observing()
    expect(() => observe(client, define(undefined), { queue, flags })).toThrow('no hmacKey')
  })
})

describe('options of a change stream tap', () => {
  it.each([{ saveMs: -1 }, { idleSaveMs: 0.5 }, { silenceMs: 0 }, { silenceMs: Number.NaN }])(
    'out of range are refused when the tap is made: %j',
    async (options) => {
      const { client } = await observing()
      const namespace = { database: 'app', collection: 'events' }
      expect(() => changeStreamTap(client, namespace, { migration: 'moves', ...options })).toThrow(
        `The option ${Object.keys(options)[0]} of changeStreamTap is`,
      )
    },
  )
})

describe('options', () => {
  it.each([
    { limits: { bufferEvents: 0 } },
    { limits: { batchBytes: 1.5 } },
    { maxEventBytes: -1 },
    { coverage: { heartbeatMs: 0 } },
    // Longer than a timer can wait: it would fire at once, again and again.
    { coverage: { heartbeatMs: 2 ** 31 } },
    { limits: { lingerMs: 1e12 } },
    { queue: undefined },
    { queue: {} },
    { queue: { send: async () => [] } },
    { queue: { send: async () => [], limits: { messageBytes: 1, batchBytes: 1 } } },
    { flags: undefined },
    { flags: { isEnabled: true } },
    { tap: {} },
  ] as Record<string, unknown>[])('that are invalid are refused at once: %j', async (options) => {
    const { client, queue, flags } = await observing()
    expect(() => observe(client, define_(), { queue, flags, ...options })).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    )
  })

  it('may not be missing', async () => {
    const { client } = await observing()
    expect(() => observe(client, define_(), undefined as never)).toThrow('The options of observe are undefined.')
  })
})

describe('close', () => {
  it.each([null, { timeoutMs: Number.NaN }, { timeoutMs: -1 }, { timeoutMs: 1e12 }])(
    'resolves when given %j',
    async (options) => {
      const { client, queue, flags } = await observing()
      const observer = observe(client, define_(), { queue, flags, coverage: false })
      await observer.close(options as never)
    },
  )

  it('resolves when a tap breaks its contract and rejects', async () => {
    const { client, queue, flags } = await observing()
    const tap = { start: () => {}, stop: () => Promise.reject(new Error('no')) }
    await observe(client, define_(), { queue, flags, tap, coverage: false }).close()
  })
})

describe('metrics', () => {
  it('are counted and measured, and removed with the observer', async () => {
    const counted: Record<string, number> = {}
    const gauges = new Map<string, (result: { observe(value: number): void }) => void>()
    const meter: MeterLike = {
      createCounter: (name) => ({
        add(value, { reason = '' } = {}) {
          counted[`${name}${reason && ` ${reason}`}`] = (counted[`${name}${reason && ` ${reason}`}`] ?? 0) + value
        },
      }),
      createObservableGauge: (name) => ({
        addCallback: (callback) => void gauges.set(name, callback),
        removeCallback: () => void gauges.delete(name),
      }),
    }
    const host = await observing({ metrics: { getMeter: () => meter }, limits: { lingerMs: 60_000 } })
    await host.events.insertMany([moving(1), moving(2)])
    host.flags.set(FLAG, false)
    await host.events.insertOne(moving(3))
    const read = (name: string): number => {
      let seen = Number.NaN
      gauges.get(`changeover.observer.${name}`)!({ observe: (value) => void (seen = value) })
      return seen
    }
    expect([read('backlog.events'), read('breaker')]).toEqual([2, 0])
    expect(read('backlog.bytes')).toBeGreaterThan(50)
    expect(read('lag')).toBeGreaterThan(0)
    await host.observer.close()
    expect(counted).toEqual({
      'changeover.observer.captured': 2,
      'changeover.observer.published': 2,
      'changeover.observer.missed flag-off': 1,
    })
    expect(gauges.size).toBe(0)
  })

  it('that throw do not reach the host', async () => {
    const failing = (): never => {
      throw new Error('no metrics today')
    }
    const { events, sent } = await observing({
      metrics: { createCounter: () => ({ add: failing }), createObservableGauge: failing },
    })
    await events.insertOne(moving(1))
    const other = await observing({
      metrics: {
        createCounter: () => ({ add: failing }),
        createObservableGauge: () => ({ addCallback() {}, removeCallback: failing }),
      },
    })
    await other.events.insertOne(moving(1))
    expect([idsOf(await sent()), idsOf(await other.sent())]).toEqual([[1], [1]])
    await other.observer.close()
  })
})

function define_() {
  const table = fact('t', { key: { id: c.int() }, dimensions: { day: c.date() } })
  return defineMigration<{ _id: number; seq: number; at: Date; type: 'moved' }>()({
    name: 'm',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { table },
    on: { moved: 'ignore' },
  })
}

function hostile(name: string, thrown: unknown = new Error('hostile')): Document {
  return Object.defineProperty({ ...moving(1) }, name, {
    enumerable: true,
    get() {
      throw thrown
    },
  })
}

function named(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown
}
