import { describe, expect, it, onTestFinished } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { until } from '../../src/core/abort.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import type { Logger } from '../../src/core/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import { createSink, type Sink, type SinkOptions } from '../../src/sink/index.ts'
import type { MergePort } from '../../src/warehouse/index.ts'
import { directly, fileCreated, someHistory } from '../migrate/history.ts'
import { contentOf } from '../migrate/snapshot.ts'
import { freshQueue } from '../support/fresh.ts'
import {
  emptyWarehouse,
  failingFirst,
  isEmpty,
  isHeartbeat,
  messageOf,
  messagesOf,
  readingFrom,
  sendAll,
  targetThat,
  type SinkTarget,
} from './sinking.ts'

function recordingLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const log =
    (level: string): Logger['info'] =>
    (message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  return { logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }, lines }
}

const soon = () => ({ signal: AbortSignal.timeout(30_000), everyMs: 5 })

/** A sink at work until the test, or `stop`, ends it. */
function working(queue: Queue, warehouse: SinkTarget, options: Partial<SinkOptions> = {}) {
  const sink = createSink(history, { queue, warehouse, waitSeconds: 1, ...options })
  const controller = new AbortController()
  const running = sink.run({ signal: controller.signal })
  const stop = async (): Promise<void> => {
    controller.abort()
    await running
  }
  onTestFinished(async () => {
    controller.abort()
    await running.catch(() => {})
  })
  return { sink, running, stop, abort: () => controller.abort() }
}

/** A target whose merges wait until it is released; those of the heartbeat do not. */
function held(target: SinkTarget) {
  const [reached, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const merge: MergePort['merge'] = async (relation, rows, options) => {
    if (!isHeartbeat(relation)) {
      reached.resolve()
      await release.promise
    }
    await target.merge(relation, rows, options)
  }
  return { target: { ...readingFrom(target), merge }, reached: reached.promise, release: () => release.resolve() }
}

/** A target whose merges do not end, but those of the heartbeat. */
const neverEnding = targetThat((relation) => (isHeartbeat(relation) ? Promise.resolve() : new Promise(() => {})))

describe('a sink', () => {
  it('brings events into the warehouse and removes their messages from the queue', async () => {
    const events = await someHistory(500)
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(events, 20))
    const { sink, stop } = working(queue, warehouse)
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(sink.counters).toMatchObject({ messages: 25, received: 500, applied: 500, quarantined: 0, malformed: 0 })
    expect(await contentOf(warehouse, history)).toEqual(await directly(events))
  })

  it('acknowledges only after the commit, and retries under its lease while the warehouse is unreachable', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(20), 5))
    const target = failingFirst(warehouse, 3, 'UNREACHABLE')
    const receipts: number[] = []
    const watched: SinkTarget = {
      ...readingFrom(target),
      async merge(relation, rows, options) {
        const { visible, inFlight } = await queue.approximateDepth()
        if (!isHeartbeat(relation)) receipts.push(visible + inFlight)
        await target.merge(relation, rows, options)
      },
    }
    const { sink, stop } = working(queue, watched)
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(new Set(receipts)).toEqual(new Set([4]))
    expect(target.calls).toBeGreaterThan(3)
    expect(sink.counters).toMatchObject({ messages: 4, applied: 20, duplicates: 0 })
  })

  it.each(['DENIED', 'SCHEMA', 'UNEXPECTED'] as const)(
    'rejects for an error that waiting does not fix (%s), and returns its messages',
    async (code) => {
      const queue = memoryQueue()
      await sendAll(queue, messagesOf(await someHistory(10), 5))
      const { running } = working(queue, failingFirst(await emptyWarehouse(), 1e9, code))
      await expect(running).rejects.toMatchObject({ code, message: 'trouble 1' })
      expect(await queue.approximateDepth()).toEqual({ visible: 2, inFlight: 0 })
    },
  )

  it.each<[string, () => unknown]>([
    ['a failure that is not known', () => new ChangeoverError('FAILING', 'odd')],
    ['something that is no ChangeoverError', () => new TypeError('undefined is not a function')],
  ])('waits while the warehouse fails with %s', async (_, failure) => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(20), 5))
    let calls = 0
    const target: SinkTarget = {
      ...readingFrom(warehouse),
      async merge(relation, rows, options) {
        if (!isHeartbeat(relation) && calls++ < 5) throw failure()
        await warehouse.merge(relation, rows, options)
      },
    }
    const { sink, stop } = working(queue, target)
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(sink.counters).toMatchObject({ messages: 4, applied: 20, quarantined: 0 })
  })

  it('gives a batch back after its number of leases, and asks for no message until the warehouse takes writes', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(20), 5))
    let isAway = true
    const target: SinkTarget = {
      ...readingFrom(warehouse),
      async merge(relation, rows, options) {
        if (isAway) throw new ChangeoverError('UNREACHABLE', 'away')
        await warehouse.merge(relation, rows, options)
      },
    }
    let [receives, most] = [0, 0]
    const counting: Queue = {
      ...queue,
      async receive(options) {
        receives++
        const some = await queue.receive(options)
        most = Math.max(most, ...some.map(({ receiveCount }) => receiveCount))
        return some
      },
    }
    const { logger, lines } = recordingLogger()
    const { sink, stop } = working(counting, target, { visibilitySeconds: 1, maxLeases: 2, logger })
    await until(() => lines.some((line) => line.startsWith('warn could not reach the warehouse')), soon())
    expect(lines.some((line) => line.startsWith('warn gave a batch back {"messages":4'))).toBe(true)
    expect(await queue.approximateDepth()).toEqual({ visible: 4, inFlight: 0 })
    const before = receives
    const waits = lines.length
    await until(() => lines.length >= waits + 2, soon())
    expect(receives).toBe(before)
    isAway = false
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(sink.counters).toMatchObject({ messages: 4, applied: 20, leasesLost: 0 })
    expect(most).toBe(2)
  })

  it('gives a batch back after its number of leases when a merge does not end at all', async () => {
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const { running, abort } = working(queue, neverEnding, { visibilitySeconds: 1, maxLeases: 1 })
    await until(async () => (await queue.approximateDepth()).inFlight === 2, soon())
    await until(async () => (await queue.approximateDepth()).visible === 2, soon())
    abort()
    await running
  })

  it('applies what it holds when the queue fails while it gathers', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(60), 5))
    let calls = 0
    const failing: Queue = {
      ...queue,
      async receive(options) {
        if (++calls === 2) throw new ChangeoverError('UNREACHABLE', 'throttled')
        return queue.receive(options)
      },
    }
    const { sink, stop } = working(failing, warehouse, { visibilitySeconds: 3600 })
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(sink.counters).toMatchObject({ messages: 12, applied: 60 })
  })

  it('waits for a queue that is unreachable', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    let calls = 0
    const failing: Queue = {
      ...queue,
      async receive(options) {
        if (++calls < 3) throw new ChangeoverError('UNREACHABLE', 'away')
        return queue.receive(options)
      },
    }
    const { sink, stop } = working(failing, warehouse)
    await until(() => isEmpty(queue), soon())
    await stop()
    expect(sink.counters).toMatchObject({ messages: 2, applied: 10 })
  })

  it('lets timers run while the queue is empty and is not waited for', async () => {
    const target = targetThat(async () => {})
    const sink = createSink(history, { queue: memoryQueue(), warehouse: target, waitSeconds: 0 })
    await sink.run({ signal: AbortSignal.timeout(50) })
    expect(sink.counters.messages).toBe(0)
  })

  it('needs a queue to run', async () => {
    const running = createSink(history, { warehouse: await emptyWarehouse() }).run({
      signal: new AbortController().signal,
    })
    await expect(running).rejects.toMatchObject({ code: 'CONFIG', remedy: 'Pass createSink a queue.' })
  })
})

describe('when it is stopped', () => {
  it('finishes the current batch', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(50), 5))
    const { target, reached, release } = held(warehouse)
    const { sink, running, abort } = working(queue, target, { batchMessages: 4 })
    await reached
    abort()
    release()
    await running
    expect(sink.counters).toMatchObject({ messages: 4, applied: 20 })
    expect(await queue.approximateDepth()).toEqual({ visible: 6, inFlight: 0 })
  })

  it('returns its batch while the warehouse is unreachable', async () => {
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const target = failingFirst(await emptyWarehouse(), 1e9, 'UNREACHABLE')
    const { running, abort } = working(queue, target)
    await until(() => target.calls > 1, soon())
    abort()
    await running
    expect(await queue.approximateDepth()).toEqual({ visible: 2, inFlight: 0 })
  })

  it('ends after its grace when a merge does not end at all, and gives its batch back', async () => {
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const { running, abort } = working(queue, neverEnding, { graceMs: 100 })
    await until(async () => (await queue.approximateDepth()).inFlight === 2, soon())
    abort()
    await running
    expect(await queue.approximateDepth()).toEqual({ visible: 2, inFlight: 0 })
  })

  it('ends after its grace when the queue does not answer any more', async () => {
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const silent: Queue = { ...queue, extend: () => new Promise(() => {}), acknowledge: () => new Promise(() => {}) }
    const { running, abort, sink } = working(silent, await emptyWarehouse(), { graceMs: 100 })
    await until(() => sink.counters.messages === 2, soon())
    abort()
    await running
  })

  it.each(['AbortError', 'TypeError'])('resolves when the queue then rejects with a raw %s', async (name) => {
    const stubborn: Queue = {
      ...memoryQueue(),
      receive: ({ signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener('abort', () => reject(Object.assign(new Error('raw'), { name })))
        }),
    }
    const { stop } = working(stubborn, await emptyWarehouse())
    await stop()
  })

  it('stops waiting for messages at once', async () => {
    const { sink, stop } = working(memoryQueue(), await emptyWarehouse(), { waitSeconds: 20 })
    const start = performance.now()
    await stop()
    expect(performance.now() - start).toBeLessThan(5000)
    expect(sink.counters.messages).toBe(0)
  })
})

describe('the lease on a batch', () => {
  it('is renewed while the work lasts', async () => {
    await using own = await freshQueue()
    const warehouse = await emptyWarehouse()
    await sendAll(own.queue, [messageOf([fileCreated(1)])])
    const { target, reached, release } = held(warehouse)
    let renewals = 0
    const queue: Queue = {
      ...own.queue,
      extend: (messages, seconds) => (renewals++, own.queue.extend(messages, seconds)),
    }
    const { sink, stop } = working(queue, target, { visibilitySeconds: 2 })
    await reached
    // Six thirds of the lease: without renewal it would have ended, and another receiver could take the message.
    await until(() => renewals >= 6, soon())
    expect(await own.queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 1 })).toEqual([])
    release()
    await until(() => sink.counters.applied === 1, soon())
    await stop()
    expect(await isEmpty(own.queue)).toBe(true)
  })

  it('is counted and logged when it is lost; the work is finished and acknowledged', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const { target, reached, release } = held(warehouse)
    const acknowledged: string[] = []
    const losing: Queue = {
      ...queue,
      extend: async (messages) => messages.map(({ id }) => id),
      acknowledge: (messages) => {
        acknowledged.push(...messages.map(({ id }) => id))
        return queue.acknowledge(messages)
      },
    }
    const { logger, lines } = recordingLogger()
    const { sink, running, abort } = working(losing, target, { visibilitySeconds: 1, logger })
    await reached
    await until(() => sink.counters.leasesLost > 0, soon())
    abort()
    release()
    await running
    expect(sink.counters).toMatchObject({ messages: 2, applied: 10, leasesLost: 2 })
    expect(acknowledged).toHaveLength(2)
    expect(lines).toContain('warn could not renew the lease on some messages; trying again {"messages":2}')
    expect(lines).toContain(
      'warn the lease on some messages ended before their work did; they may come again {"messages":2}',
    )
    expect(lines).toContain('warn some messages could not be acknowledged and will come again {"messages":2}')
  })

  it('is not returned once it is lost, because another receiver may hold the message', async () => {
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(await someHistory(10), 5))
    const { target, reached, release } = held(failingFirst(await emptyWarehouse(), 1e9, 'DENIED'))
    const givenBack: number[] = []
    const losing: Queue = {
      ...queue,
      async extend(messages, seconds) {
        if (seconds === 0) givenBack.push(messages.length)
        return messages.map(({ id }) => id)
      },
    }
    const { sink, running } = working(losing, target, { visibilitySeconds: 1 })
    await reached
    await until(() => sink.counters.leasesLost === 2, soon())
    release()
    await expect(running).rejects.toMatchObject({ code: 'DENIED' })
    expect(givenBack).toEqual([0])
  })
})

describe('any number of sinks', () => {
  it('produce the same tables from one SQS queue, whatever the order and the duplicates', async () => {
    const events = await someHistory(400)
    const messages = messagesOf(events, 10)
    const overlapping = messagesOf(events.slice(5), 25).toReversed()
    await using own = await freshQueue()
    await sendAll(own.queue, [...messages.toReversed(), ...overlapping, ...messages])
    const warehouse = await emptyWarehouse()
    const sinks: Sink[] = []
    const all = [1, 2].map(() => working(own.queue, warehouse, { batchMessages: 7 }))
    sinks.push(...all.map(({ sink }) => sink))
    await until(() => isEmpty(own.queue), { signal: AbortSignal.timeout(50_000), everyMs: 50 })
    await Promise.all(all.map(({ stop }) => stop()))
    expect(sinks.reduce((sum, { counters }) => sum + counters.received, 0)).toBe(400 + 400 + 395)
    expect(await contentOf(warehouse, history)).toEqual(await directly(events))
  })
})
