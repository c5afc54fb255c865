import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Queue, ReceivedMessage } from '../../src/queue/index.ts'

/** The contract of every queue. `make` creates an empty queue for each test. */
export function queueContract(
  name: string,
  make: () => Promise<{ readonly queue: Queue; readonly dispose: () => Promise<void> }>,
): void {
  describe(`queue contract: ${name}`, () => {
    let queue: Queue
    let dispose: () => Promise<void>
    beforeEach(async () => {
      ;({ queue, dispose } = await make())
    })
    afterEach(async () => await dispose())

    test('delivers a message unchanged, and removes it when it is acknowledged', async () => {
      const body = JSON.stringify({ text: 'Grüße, 世界', nested: [1, null] })
      expect(await queue.send([{ id: 'an id, with / signs', body }])).toEqual([
        { id: 'an id, with / signs', status: 'sent' },
      ])
      const [message] = await take(queue, 1)
      expect(message).toMatchObject({ body, receiveCount: 1 })
      expect(Math.abs((message?.sentAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(await queue.acknowledge(present(message))).toEqual([])
      expect(await queue.approximateDepth()).toEqual({ visible: 0, inFlight: 0 })
      expect(await glance(queue)).toEqual([])
    })

    test('hides a leased message, and delivers it again with its count when it is returned', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      const [first] = await take(queue, 1)
      expect(await glance(queue)).toEqual([])
      expect(await queue.extend(present(first), 0)).toEqual([])
      const [second] = await take(queue, 1)
      expect(second).toMatchObject({ id: first?.id, body: 'one', receiveCount: 2 })
      expect(second?.receiptHandle).not.toBe(first?.receiptHandle)
    })

    test('delivers a message to a waiting receiver when its lease ends', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      await queue.receive({ max: 1, waitSeconds: 5, visibilitySeconds: 1 })
      expect(await queue.receive({ max: 1, waitSeconds: 10, visibilitySeconds: 60 })).toMatchObject([
        { body: 'one', receiveCount: 2 },
      ])
    })

    test('extends a lease', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      const leased = await queue.receive({ max: 1, waitSeconds: 5, visibilitySeconds: 1 })
      expect(await queue.extend(leased, 60)).toEqual([])
      expect(await queue.receive({ max: 1, waitSeconds: 2, visibilitySeconds: 60 })).toEqual([])
      expect(await queue.acknowledge(leased)).toEqual([])
    })

    test('sends, receives, returns and acknowledges any number of messages', async () => {
      const bodies = Array.from({ length: 25 }, (_, number) => `body ${number}`)
      const outcomes = await queue.send(bodies.map((body) => ({ id: body, body })))
      expect(outcomes.map(({ id, status }) => `${id} ${status}`).toSorted()).toEqual(
        bodies.map((body) => `${body} sent`).toSorted(),
      )
      const once = await take(queue, 25)
      expect(once.map(({ body }) => body).toSorted()).toEqual(bodies.toSorted())
      expect(await queue.extend(once, 0)).toEqual([])
      const twice = await take(queue, 25)
      expect(await queue.acknowledge(twice)).toEqual([])
      expect(await queue.approximateDepth()).toEqual({ visible: 0, inFlight: 0 })
    })

    test('never delivers more at once than requested, or than a batch holds', async () => {
      await queue.send(Array.from({ length: 12 }, (_, number) => ({ id: String(number), body: 'x' })))
      expect(await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 60 })).toHaveLength(1)
      const many = await queue.receive({ max: 100, waitSeconds: 0, visibilitySeconds: 60 })
      expect(many.length).toBeLessThanOrEqual(queue.limits.batchEntries)
    })

    test('packs batches by bytes of UTF-8, not by characters', async () => {
      const third = '€'.repeat(Math.floor(queue.limits.batchBytes / 9))
      const outcomes = await queue.send(Array.from({ length: 7 }, (_, number) => ({ id: String(number), body: third })))
      expect(outcomes.filter(({ status }) => status === 'sent')).toHaveLength(7)
      expect((await take(queue, 7)).every(({ body }) => body === third)).toBe(true)
    })

    test('accepts the largest message; refuses a larger one with both sizes, and only that one', async () => {
      const limit = queue.limits.messageBytes
      const outcomes = await queue.send([
        { id: 'small', body: 'x' },
        { id: 'too large', body: 'é'.repeat(limit / 2) + 'x' },
        { id: 'largest', body: 'é'.repeat(limit / 2) },
      ])
      expect(Object.fromEntries(outcomes.map((outcome) => [outcome.id, outcome]))).toEqual({
        small: { id: 'small', status: 'sent' },
        largest: { id: 'largest', status: 'sent' },
        'too large': {
          id: 'too large',
          status: 'failed',
          retryable: false,
          reason: expect.stringMatching(new RegExp(`${limit + 1} bytes.*${limit}`)) as string,
        },
      })
      expect(await take(queue, 2)).toHaveLength(2)
    })

    test('ignores a stale receipt handle: it neither removes nor extends', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      const stale = await take(queue, 1)
      await queue.extend(stale, 0)
      const fresh = await take(queue, 1)
      await queue.acknowledge(stale)
      expect(await queue.extend(stale, 0)).toEqual([stale[0]?.id])
      expect(await queue.approximateDepth()).toEqual({ visible: 0, inFlight: 1 })
      expect(await queue.acknowledge(fresh)).toEqual([])
      expect(await queue.approximateDepth()).toEqual({ visible: 0, inFlight: 0 })
    })

    test('ends a long poll when a message arrives', async () => {
      const waiting = queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60 })
      await queue.send([{ id: 'a', body: 'one' }])
      expect(await waiting).toMatchObject([{ body: 'one' }])
    }, 10_000)

    test('returns nothing, at once, from an aborted long poll', async () => {
      const started = performance.now()
      const stop = new AbortController()
      const waiting = queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60, signal: stop.signal })
      setTimeout(() => stop.abort(), 20)
      expect(await waiting).toEqual([])
      expect(await queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60, signal: stop.signal })).toEqual([])
      expect(performance.now() - started).toBeLessThan(5_000)
    })

    test('leaves the messages of an aborted send to be sent again', async () => {
      const outcomes = await queue.send([{ id: 'a', body: 'one' }], { signal: AbortSignal.abort() })
      expect(outcomes).toMatchObject([{ id: 'a', status: 'failed', retryable: true }])
      expect(await glance(queue)).toEqual([])
    })

    test('does nothing for empty lists', async () => {
      expect(await queue.send([])).toEqual([])
      expect(await queue.acknowledge([])).toEqual([])
      expect(await queue.extend([], 5)).toEqual([])
      expect(await glance(queue)).toEqual([])
    })

    test('counts visible and leased messages', async () => {
      await queue.send(['a', 'b', 'c'].map((id) => ({ id, body: id })))
      expect(await queue.approximateDepth()).toEqual({ visible: 3, inFlight: 0 })
      await take(queue, 2)
      expect(await queue.approximateDepth()).toEqual({ visible: 1, inFlight: 2 })
    })
  })
}

/** Receives until `count` messages have arrived. */
async function take(queue: Queue, count: number): Promise<readonly ReceivedMessage[]> {
  const messages: ReceivedMessage[] = []
  while (messages.length < count) {
    const batch = await queue.receive({ max: count - messages.length, waitSeconds: 5, visibilitySeconds: 60 })
    if (batch.length === 0) throw new Error(`Only ${messages.length} of ${count} messages came.`)
    messages.push(...batch)
  }
  return messages
}

async function glance(queue: Queue): Promise<readonly ReceivedMessage[]> {
  return await queue.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
