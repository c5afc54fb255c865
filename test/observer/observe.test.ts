import { MongoClient } from 'mongodb'
import { describe, expect, inject, it } from 'vitest'
import { fixedFlags } from '../../src/flags/index.ts'
import { observe } from '../../src/observer/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { FLAG, idsOf, movements, moving, observing } from './observing.ts'

describe('the flag', () => {
  it('sends nothing while it is off, and counts what it did not send', async () => {
    const { events, flags, sent, observer } = await observing()
    flags.set(FLAG, false)
    await events.insertMany([moving(1), moving(2), { ...moving(3), type: 'blinked' }])
    expect(await sent()).toEqual([])
    expect(observer.counters).toMatchObject({ captured: 0, missed: { 'flag-off': 2 } })
  })

  it('can be switched at any time', async () => {
    const { events, flags, sent, observer } = await observing()
    for (const id of [1, 2, 3, 4, 5, 6]) {
      flags.set(FLAG, id % 2 === 0)
      await events.insertOne(moving(id))
    }
    expect(idsOf(await sent())).toEqual([2, 4, 6])
    expect(observer.counters.missed).toEqual({ 'flag-off': 3 })
  })

  it('may have another name', async () => {
    const { events, sent } = await observing({ flag: 'mine', flags: fixedFlags({ mine: true }) })
    await events.insertOne(moving(1))
    expect(idsOf(await sent())).toEqual([1])
  })
})

describe('the host', () => {
  it('gets an error at once when its client does not monitor commands', () => {
    const client = new MongoClient(inject('mongoUrl'))
    const start = (): unknown => observe(client, movements, { queue: memoryQueue(), flags: fixedFlags() })
    expect(start).toThrow('does not monitor its commands')
    expect(start).toThrow(
      expect.objectContaining({ code: 'CONFIG', remedy: expect.stringContaining('monitorCommands') }),
    )
  })

  it('gets its own error, and no other, for a document that cannot be serialised', async () => {
    const { events, sent } = await observing()
    const circular = moving(1)
    circular['self'] = circular
    await expect(events.insertOne(circular)).rejects.toThrow(/circular|recursi|cyclic/i)
    await expect(events.insertMany([moving(2), circular])).rejects.toThrow()
    await events.insertOne(moving(3))
    expect(idsOf(await sent())).toEqual([3])
  })

  it('does not notice a listener, a flag or a logger that throws', async () => {
    const failing = (): never => {
      throw new Error('not the problem of the host')
    }
    const { events, sent, observer } = await observing({
      flags: { isReady: true, isEnabled: failing, ready: async () => true },
      logger: { debug: failing, info: failing, warn: failing, error: failing },
    })
    observer.on('missed', failing)
    observer.on('published', failing)
    await events.insertOne(moving(1))
    expect(await events.countDocuments()).toBe(1)
    expect(await sent()).toEqual([])
    expect(observer.counters.missed).toEqual({ 'flag-off': 1 })
  })

  it('is no longer observed after close, which may be called twice', async () => {
    const { client, events, observer, queue } = await observing()
    await events.insertOne(moving(1))
    await Promise.all([observer.close(), observer.close()])
    await events.insertOne(moving(2))
    expect(observer.counters).toMatchObject({ captured: 1, published: 1 })
    expect(await queue.approximateDepth()).toEqual({ visible: 1, inFlight: 0 })
    for (const name of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
      expect(client.listenerCount(name)).toBe(0)
    }
  })

  it('may dispose of its observer by `await using`', async () => {
    const { client, events, flags, queue } = await observing()
    {
      await using observer = observe(client, movements, { queue, flags, flag: FLAG })
      await events.insertOne(moving(1))
      expect(observer.backlog).toBe(1)
    }
    expect((await queue.approximateDepth()).visible).toBeGreaterThan(0)
  })
})
