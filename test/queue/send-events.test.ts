import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker } from '../../src/core/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { decodeMessage } from '../../src/event/index.ts'
import { matchOutcomes, packEvents } from '../../src/queue/event-messages.ts'
import { DEFAULT_QUEUE_LIMITS, EventSender, memoryQueue, type EventOutcome } from '../../src/queue/index.ts'
import type { Queue, QueueSender, SendOutcome } from '../../src/queue/index.ts'

const event = (id: number, padding = 0): Uint8Array => encodeEvent({ _id: id, text: noise(padding) })
const numbered = (count: number, padding = 0): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => event(i, padding))
const later = (id: string): SendOutcome => ({ id, status: 'failed', retryable: true, reason: 'later' })
const never = (id: string): SendOutcome => ({ id, status: 'failed', retryable: false, reason: 'never' })
const sent = (id: string): SendOutcome => ({ id, status: 'sent' })

/** Text that does not compress away. */
function noise(length: number): string {
  let text = ''
  while (text.length < length) text += Math.random().toString(36).slice(2)
  return text.slice(0, length)
}

/** A sender and what it reported. */
function sending(queue: QueueSender, options: { timeoutMs?: number; breaker?: Breaker } = {}) {
  const outcomes: Record<EventOutcome['status'], Uint8Array[]> = { sent: [], oversized: [], refused: [] }
  const retries: [string, number][] = []
  const sender = new EventSender<Uint8Array>(
    queue,
    { migration: 'movements' },
    {
      bytesOf: (bytes) => bytes,
      timeoutMs: 5000,
      onOutcome: (events, { status }) => void outcomes[status].push(...events),
      onRetry: (reason, failures) => void retries.push([reason, failures]),
      ...options,
    },
  )
  return { sender, outcomes, retries }
}

/** A sender in front of `queue` that answers by itself as long as `answer` returns something. */
function answering(queue: Queue, answer: (call: number, ids: readonly string[]) => SendOutcome[] | undefined) {
  let call = 0
  const sizes: number[] = []
  const sender: QueueSender = {
    limits: queue.limits,
    send: async (messages, options) => {
      sizes.push(messages.length)
      const ids = messages.map(({ id }) => id)
      return answer(++call, ids) ?? queue.send(messages, options)
    },
  }
  return { sender, sizes }
}

async function received(queue: Queue): Promise<Uint8Array[]> {
  const messages = await queue.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
  return messages.flatMap(({ body }) => {
    const decoded = decodeMessage(body)
    return decoded.outcome === 'decoded' ? [...decoded.events] : []
  })
}

const forever = new AbortController().signal

describe('packEvents', () => {
  it('loses no event, keeps the order, and separates the oversized ones', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 30 }), (sizes) => {
        const events = sizes.map((size, i) => event(i, size))
        const limits = { ...DEFAULT_QUEUE_LIMITS, messageBytes: 2500 }
        const { messages, oversized, limitBytes } = packEvents(
          { migration: 'movements' },
          events,
          (bytes) => bytes,
          limits,
        )
        expect(limitBytes).toBe(2500)
        const packed = messages.flatMap((message) => message.events)
        const tooLarge = new Set(oversized)
        expect(packed).toEqual(events.filter((bytes) => !tooLarge.has(bytes)))
        expect(packed.length + oversized.length).toBe(events.length)
        for (const { body, events: carried } of messages) {
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(2500)
          expect(decodeMessage(body)).toEqual({
            outcome: 'decoded',
            sender: { migration: 'movements' },
            events: carried,
          })
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('matchOutcomes', () => {
  const messages = ['a', 'b', 'c', 'd'].map((id) => ({ id, body: id, events: [id] }))

  it('sends a message again when its failure may pass or the queue did not answer for it', () => {
    const { done, again, reason } = matchOutcomes(messages, [never('c'), later('b'), sent('a')])
    expect(done).toEqual([
      { events: ['a'], outcome: { status: 'sent' } },
      { events: ['c'], outcome: { status: 'refused', reason: 'never' } },
    ])
    expect(again.map(({ id }) => id)).toEqual(['b', 'd'])
    expect(reason).toBe('later')
  })

  it('has a reason even when the queue reported none', () => {
    expect(matchOutcomes(messages, []).reason).toBe('The queue did not answer.')
  })
})

describe('EventSender', () => {
  it('sends every event and returns none', async () => {
    const queue = memoryQueue()
    const { sender, outcomes } = sending(queue)
    const events = numbered(20)
    expect(await sender.send(events, forever)).toEqual([])
    expect(outcomes).toEqual({ sent: events, oversized: [], refused: [] })
    expect((await received(queue)).map((bytes) => Buffer.from(bytes))).toEqual(events)
  })

  it('reports an oversized event and sends the others', async () => {
    const { sender, outcomes } = sending(memoryQueue({ limits: { messageBytes: 2000 } }))
    const [small, large] = [event(1), event(2, 9000)]
    expect(await sender.send([large, small], forever)).toEqual([])
    expect(outcomes).toEqual({ sent: [small], oversized: [large], refused: [] })
  })

  it('sends again only what failed for a reason that may pass, and reports what is refused', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 2000 } })
    const { sender: behind, sizes } = answering(queue, (call, [first, second, ...others]) =>
      call === 1 ? [never(first!), later(second!), ...others.map(sent)] : undefined,
    )
    const { sender, outcomes, retries } = sending(behind)
    const events = numbered(4, 1900)
    expect(await sender.send(events, forever)).toEqual([])
    expect(sizes).toEqual([4, 1])
    expect(outcomes.refused).toEqual([events[0]])
    expect(outcomes.sent).toHaveLength(3)
    expect(retries).toEqual([['later', 0]])
  })

  it('reports each failed attempt', async () => {
    const { sender: behind } = answering(memoryQueue(), (call, ids) => (call < 4 ? ids.map(later) : undefined))
    const { sender, retries } = sending(behind)
    await sender.send(numbered(2), forever)
    expect(retries).toEqual([
      ['later', 1],
      ['later', 2],
      ['later', 3],
    ])
  })

  it('probes with one message while the breaker is half-open, each time with another', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 2000 } })
    const ids: string[][] = []
    const { sender: behind } = answering(queue, (call, given) => {
      ids.push([...given])
      return call < 4 ? given.map(later) : undefined
    })
    const states: string[] = []
    const breaker = new Breaker(1, 1, (state) => states.push(state))
    const { sender, outcomes } = sending(behind, { breaker })
    expect(await sender.send(numbered(3, 1900), forever)).toEqual([])
    expect(ids).toEqual([['0', '1', '2'], ['0'], ['1'], ['2'], ['0', '1']])
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'open', 'half-open', 'closed'])
    expect(outcomes.sent).toHaveLength(3)
  })

  it.each<[string, QueueSender['send']]>([
    ['fails', async (messages) => messages.map(({ id }) => later(id))],
    ['rejects', async () => Promise.reject(new Error('down'))],
    ['never answers', () => new Promise(() => {})],
  ])('gives back what is unsent when it is aborted and the queue %s', async (_, send) => {
    const { sender, outcomes } = sending({ limits: DEFAULT_QUEUE_LIMITS, send })
    const stop = new AbortController()
    const events = numbered(3)
    setTimeout(() => stop.abort(), 20)
    const started = performance.now()
    expect(await sender.send(events, stop.signal)).toEqual(events)
    expect(performance.now() - started).toBeLessThan(3000)
    expect(outcomes.sent).toEqual([])
  })

  it('asks the queue for nothing once it is aborted', async () => {
    const { sender: behind, sizes } = answering(memoryQueue(), () => undefined)
    const events = numbered(3)
    expect(await sending(behind).sender.send(events, AbortSignal.abort())).toEqual(events)
    expect(sizes).toEqual([])
  })

  it('sends again when the queue does not answer in time', async () => {
    const queue = memoryQueue()
    let calls = 0
    const silentOnce: QueueSender = {
      limits: queue.limits,
      send: (...given) => (++calls === 1 ? new Promise(() => {}) : queue.send(...given)),
    }
    const { sender, retries } = sending(silentOnce, { timeoutMs: 10 })
    expect(await sender.send(numbered(3), forever)).toEqual([])
    expect(retries).toEqual([['The queue did not answer.', 1]])
  })

  it.each([
    [true, 'sent'],
    [false, ''],
  ])('keeps its process alive between attempts if it is to (ref: %s)', async (ref, output) => {
    const script = `
      import { EventSender, memoryQueue } from '${new URL('../../src/queue/index.ts', import.meta.url).href}'
      const queue = memoryQueue()
      let calls = 0
      const failing = {
        limits: queue.limits,
        send: async (messages) =>
          ++calls < 4 ? messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'later' })) : queue.send(messages),
      }
      const options = { bytesOf: (bytes) => bytes, timeoutMs: 5000, onOutcome() {}, ref: ${ref} }
      const sending = new EventSender(failing, { migration: 'movements' }, options).send([Buffer.from('event')], new AbortController().signal)
      void sending.then(() => process.stdout.write('sent'))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    expect(stdout).toBe(output)
  })

  it('ends the wait for the breaker when it is hurried', async () => {
    const { sender: behind } = answering(memoryQueue(), (call, ids) => (call === 1 ? ids.map(later) : undefined))
    const breaker = new Breaker(1, 60_000, () => {})
    const { sender } = sending(behind, { breaker })
    const done = sender.send(numbered(1), forever)
    setTimeout(() => sender.hurry(), 50)
    expect(await done).toEqual([])
  })
})
