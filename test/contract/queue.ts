import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Queue, ReceivedMessage } from '../../src/queue/index.ts'

/** What every queue must do. `make` gives each test an empty queue of its own. */
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

    test('a message arrives as it was sent, and is gone once acknowledged', async () => {
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

    test('a leased message is hidden, and comes again with a higher receive count once it is given back', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      const [first] = await take(queue, 1)
      expect(await glance(queue)).toEqual([])
      expect(await queue.extend(present(first), 0)).toEqual([])
      const [second] = await take(queue, 1)
      expect(second).toMatchObject({ id: first?.id, body: 'one', receiveCount: 2 })
      expect(second?.receiptHandle).not.toBe(first?.receiptHandle)
    })

    test('a message whose lease ends goes to a waiting receiver', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      await queue.receive({ max: 1, waitSeconds: 5, visibilitySeconds: 1 })
      expect(await queue.receive({ max: 1, waitSeconds: 10, visibilitySeconds: 60 })).toMatchObject([
        { body: 'one', receiveCount: 2 },
      ])
    })

    test('a lease can be extended', async () => {
      await queue.send([{ id: 'a', body: 'one' }])
      const leased = await queue.receive({ max: 1, waitSeconds: 5, visibilitySeconds: 1 })
      expect(await queue.extend(leased, 60)).toEqual([])
      expect(await queue.receive({ max: 1, waitSeconds: 2, visibilitySeconds: 60 })).toEqual([])
      expect(await queue.acknowledge(leased)).toEqual([])
    })

    test('any number of messages is sent, received, given back and acknowledged', async () => {
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

    test('never gives more messages at once than it was asked for, or than a batch holds', async () => {
      await queue.send(Array.from({ length: 12 }, (_, number) => ({ id: String(number), body: 'x' })))
      expect(await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 60 })).toHaveLength(1)
      const many = await queue.receive({ max: 100, waitSeconds: 0, visibilitySeconds: 60 })
      expect(many.length).toBeLessThanOrEqual(queue.limits.batchEntries)
    })

    test('batches are packed by bytes of UTF-8, not by characters', async () => {
      const third = '€'.repeat(Math.floor(queue.limits.batchBytes / 9))
      const outcomes = await queue.send(Array.from({ length: 7 }, (_, number) => ({ id: String(number), body: third })))
      expect(outcomes.filter(({ status }) => status === 'sent')).toHaveLength(7)
      expect((await take(queue, 7)).every(({ body }) => body === third)).toBe(true)
    })

    test('the largest message passes; a larger one is refused with both sizes, and does not fail the others', async () => {
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

    test('a stale receipt handle deletes and extends nothing', async () => {
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

    test('a long poll is woken by a message', async () => {
      const waiting = queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60 })
      await queue.send([{ id: 'a', body: 'one' }])
      expect(await waiting).toMatchObject([{ body: 'one' }])
    }, 10_000)

    test('an aborted long poll ends at once and gives nothing', async () => {
      const started = performance.now()
      const stop = new AbortController()
      const waiting = queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60, signal: stop.signal })
      setTimeout(() => stop.abort(), 20)
      expect(await waiting).toEqual([])
      expect(await queue.receive({ max: 10, waitSeconds: 20, visibilitySeconds: 60, signal: stop.signal })).toEqual([])
      expect(performance.now() - started).toBeLessThan(5_000)
    })

    test('an aborted send reports its messages as retryable', async () => {
      const outcomes = await queue.send([{ id: 'a', body: 'one' }], { signal: AbortSignal.abort() })
      expect(outcomes).toMatchObject([{ id: 'a', status: 'failed', retryable: true }])
      expect(await glance(queue)).toEqual([])
    })

    test('does nothing when it is given no messages', async () => {
      expect(await queue.send([])).toEqual([])
      expect(await queue.acknowledge([])).toEqual([])
      expect(await queue.extend([], 5)).toEqual([])
      expect(await glance(queue)).toEqual([])
    })

    test('reports how many messages are waiting and how many are under lease', async () => {
      await queue.send(['a', 'b', 'c'].map((id) => ({ id, body: id })))
      expect(await queue.approximateDepth()).toEqual({ visible: 3, inFlight: 0 })
      await take(queue, 2)
      expect(await queue.approximateDepth()).toEqual({ visible: 1, inFlight: 2 })
    })
  })
}

/** Receives until `count` messages have come. */
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
