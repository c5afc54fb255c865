import { appendFile, mkdtemp, readdir, rm, stat, truncate, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { decodeMessage, type Sender } from '../../src/event/index.ts'
import { definitionOf, senderOf } from '../../src/mapping/index.ts'
import { Spill, type SpillOptions } from '../../src/observer/spill.ts'
import { TimeRange } from '../../src/observer/time-range.ts'
import type { Captured } from '../../src/observer/tap.ts'
import { memoryQueue, type QueueSender } from '../../src/queue/index.ts'
import { hosting, step } from './hosting.ts'
import { steps } from './steps.ts'

const soon = () => ({ signal: AbortSignal.timeout(20_000), everyMs: 5 })

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'changeover-spill-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const SENDER = { migration: 'steps', definition: 'd'.repeat(64), capture: 'c' }

function spilling(
  directory: string,
  instance: string,
  options: Partial<SpillOptions> = {},
  everyMs = 60_000,
  sender: Sender = SENDER,
) {
  const told = { more: 0, lost: 0, trouble: [] as unknown[] }
  const spill = new Spill({ directory, ...options }, sender, instance, everyMs, {
    more: () => void told.more++,
    lost: (range) => void (told.lost += range.events),
    trouble: (thrown) => void told.trouble.push(thrown),
  })
  onTestFinished(() => spill.close())
  return { spill, told }
}

function event(id: number, bytes = 0): Captured {
  return {
    bytes: encodeEvent({ _id: id, text: 'x'.repeat(bytes) }),
    time: id % 2 === 0 ? new Date(id * 1000) : undefined,
  }
}

const idsIn = (events: readonly Captured[]): unknown[] => events.map(({ bytes }) => decodeEvent(bytes)['_id'])

async function drained(spill: Spill): Promise<unknown[]> {
  const ids: unknown[] = []
  while (spill.hasMore) {
    const { events } = await spill.read(7, 1000)
    if (events.length === 0) break
    ids.push(...idsIn(events))
    await spill.sent()
  }
  return ids
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('a spill', () => {
  it('returns what was added, in order, and its file is then empty', async () => {
    const directory = await folder()
    const { spill, told } = spilling(directory, 'a')
    for (const id of numbers(100)) expect(spill.add(event(id, id * 10))).toBe(true)
    expect(spill.backlog).toBe(100)
    expect(await drained(spill)).toEqual(numbers(100))
    expect([spill.hasMore, spill.backlog]).toEqual([false, 0])
    const [name] = await readdir(directory)
    expect((await stat(join(directory, name!))).size).toBe(0)
    spill.add(event(7))
    expect(await drained(spill)).toEqual([7])
    await spill.close()
    expect(await readdir(directory)).toEqual([])
    expect(told).toMatchObject({ lost: 0, trouble: [] })
  })

  it('keeps the times', async () => {
    const { spill } = spilling(await folder(), 'a')
    for (const id of [2, 8, 4]) spill.add(event(id))
    const range = new TimeRange()
    spill.pending(range)
    expect([range.from, range.to, range.events]).toEqual([new Date(2000), new Date(8000), 3])
    expect((await spill.read(10, 10_000)).events.map(({ time }) => time)).toEqual([
      new Date(2000),
      new Date(8000),
      new Date(4000),
    ])
  })

  it('returns the same events until they are marked as sent', async () => {
    const { spill } = spilling(await folder(), 'a')
    for (const id of [1, 2]) spill.add(event(id))
    expect(idsIn((await spill.read(1, 1000)).events)).toEqual([1])
    expect(idsIn((await spill.read(1, 1000)).events)).toEqual([1])
    await spill.sent()
    expect(idsIn((await spill.read(1, 1000)).events)).toEqual([2])
  })

  it('takes no more than its limit', async () => {
    const { spill } = spilling(await folder(), 'a', { maxBytes: 1000 })
    const taken = numbers(100).filter((id) => spill.add(event(id, 100)))
    expect(taken.length).toBeGreaterThan(3)
    expect(taken.length).toBeLessThan(8)
    expect(await drained(spill)).toEqual(taken)
    expect(spill.add(event(5, 100))).toBe(true)
  })

  it('is taken over from an observer that ended, by one observer only, even with an incomplete end', async () => {
    const directory = await folder()
    const { spill } = spilling(directory, 'dead')
    for (const id of numbers(20)) spill.add(event(id))
    await spill.close()
    const [name] = await readdir(directory)
    const path = join(directory, name!)
    await truncate(path, (await stat(path)).size - 3)
    await until(async () => Date.now() - (await stat(path)).mtimeMs > 60, soon())
    const heirs = ['b', 'c', 'd'].map((instance) => spilling(directory, instance, {}, 15))
    await until(() => heirs.some(({ told }) => told.more > 0), soon())
    const found = await Promise.all(heirs.map((heir) => drained(heir.spill)))
    expect(found.filter((ids) => ids.length > 0)).toEqual([numbers(19)])
    for (const heir of heirs) await heir.spill.close()
    expect(await readdir(directory)).toEqual([])
  })

  it('keeps the name of the definition that captured its events when an observer of another takes it over', async () => {
    const directory = await folder()
    const earlier = { migration: 'steps', definition: 'e'.repeat(64), capture: 'before' }
    const { spill } = spilling(directory, 'dead', {}, 60_000, earlier)
    spill.add(event(1))
    await spill.close()
    const [name] = await readdir(directory)
    await until(async () => Date.now() - (await stat(join(directory, name!))).mtimeMs > 60, soon())
    // The first heir ends before it has sent anything, so that the file is taken over twice.
    const first = spilling(directory, 'b', {}, 15)
    await until(() => first.told.more > 0, soon())
    await first.spill.close()
    const second = spilling(directory, 'c', {}, 15)
    second.spill.add(event(2))
    await until(() => second.told.more > 0, soon())
    expect(await second.spill.read(7, 1000)).toMatchObject({ sender: earlier, events: { length: 1 } })
    await second.spill.sent()
    const own = await second.spill.read(7, 1000)
    expect([idsIn(own.events), own.sender]).toEqual([[2], SENDER])
  })

  it('is not taken over from an observer that is alive', async () => {
    const directory = await folder()
    const { spill, told } = spilling(directory, 'a', {}, 10)
    spill.add(event(1))
    const other = spilling(directory, 'b', {}, 10)
    const until_ = Date.now() + 300
    await until(() => Date.now() > until_, soon())
    expect([told.lost, other.told.more]).toEqual([0, 0])
    expect(await drained(spill)).toEqual([1])
  })

  it('stops at garbage', async () => {
    const directory = await folder()
    const { spill } = spilling(directory, 'dead')
    spill.add(event(1))
    await spill.close()
    const [name] = await readdir(directory)
    const path = join(directory, name!)
    await appendFile(path, Buffer.alloc(500, 0xff))
    await until(async () => Date.now() - (await stat(path)).mtimeMs > 60, soon())
    const heir = spilling(directory, 'b', {}, 15)
    await until(() => heir.told.more > 0, soon())
    expect(await drained(heir.spill)).toEqual([1])
  })

  it('reports what is lost when its file is removed, and begins another', async () => {
    const directory = await folder()
    const { spill, told } = spilling(directory, 'a')
    spill.add(event(1))
    await spill.read(0, 0)
    await unlink(join(directory, (await readdir(directory))[0]!))
    spill.add(event(2))
    expect(await drained(spill)).toEqual([])
    expect(told.lost).toBe(2)
    spill.add(event(3))
    expect(await drained(spill)).toEqual([3])
  })

  it('takes nothing when it cannot write', async () => {
    const path = join(await folder(), 'a-file')
    await appendFile(path, 'in the way')
    const { spill, told } = spilling(path, 'a')
    spill.add(event(1))
    await until(() => told.trouble.length > 0, soon())
    expect(await drained(spill)).toEqual([])
    expect(spill.add(event(2))).toBe(false)
    expect(told.lost).toBe(1)
  })
})

describe('an observer that spills', () => {
  const down: QueueSender = {
    limits: memoryQueue().limits,
    send: async (messages) => messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'down' })),
  }

  it('sends what it kept when the queue is reachable again, and has missed nothing', async () => {
    const directory = await folder()
    let works = false
    const real = memoryQueue()
    const queue: QueueSender = { limits: real.limits, send: (...given) => (works ? real : down).send(...given) }
    const limits = { bufferEvents: 10, lingerMs: 1, breakerFailures: 2, breakerOpenMs: 20 }
    const host = await hosting({ queue, limits, overflow: { spill: { directory } } })
    await host.events.insertMany(numbers(300).map((id) => step(id)))
    await until(() => host.observer.health.breaker === 'open', soon())
    expect(host.observer.health).toMatchObject({ backlogEvents: 10, spilledEvents: 290 })
    works = true
    await until(() => host.observer.counters.published === 300, soon())
    await host.observer.close()
    await host.sink(real)
    expect(await host.missing()).toBe(0)
    expect(host.observer.counters.missed).toEqual({})
    expect(await host.windows()).toEqual([])
    expect(await readdir(directory)).toEqual([])
  })

  it('leaves what it could not send to the next observer, and records it in case there is none', async () => {
    const directory = await folder()
    const options = { limits: { bufferEvents: 10, lingerMs: 1 }, overflow: { spill: { directory } } }
    const host = await hosting({ queue: down, ...options })
    await host.events.insertMany(numbers(50).map((id) => step(id)))
    await host.observer.close({ timeoutMs: 20 })
    expect(host.observer.counters.missed).toEqual({ spilled: 50 })
    expect(await host.windows()).toMatchObject([{ reason: 'spilled', events: 50, state: 'closed' }])
    const real = memoryQueue()
    const next = host.observe({ queue: real, ...options })
    await until(() => next.counters.published === 50, soon())
    await host.sink(real)
    expect(await host.missing()).toBe(0)
  })

  it('sends what an observer of another definition left under the name of that definition', async () => {
    const directory = await folder()
    const { spill } = spilling(directory, 'dead')
    spill.add({ bytes: encodeEvent(step(1)), time: undefined })
    await spill.close()
    const queue = memoryQueue()
    const host = await hosting({ queue, limits: { lingerMs: 1 }, overflow: { spill: { directory } } })
    await until(() => host.observer.counters.published === 1, soon())
    await host.events.insertOne(step(2))
    await until(() => host.observer.counters.published === 2, soon())
    const messages = await queue.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
    expect(messages.map(({ body }) => decodeMessage(body))).toMatchObject([
      { sender: SENDER },
      { sender: senderOf(definitionOf(steps)) },
    ])
  })
})
