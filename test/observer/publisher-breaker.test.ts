import { describe, expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { memoryQueue, type QueueSender } from '../../src/queue/index.ts'
import { deaf, failingFirst, publishing, retryable, someEvents, soon } from './publishing.ts'

describe('the breaker', () => {
  it('opens when the queue is down, keeps the buffer within its limits, and closes when one message was sent', async () => {
    let works = false
    let calls = 0
    const queue = memoryQueue({ limits: { messageBytes: 2000 } })
    const sender: QueueSender = {
      limits: queue.limits,
      send: (messages, options) => (calls++, works ? queue.send(messages, options) : retryable(messages)),
    }
    const limits = { bufferEvents: 20, batchEvents: 10, breakerFailures: 2, breakerOpenMs: 30, lingerMs: 1 }
    const { publisher, told } = publishing(sender, limits)
    publisher.add(someEvents(15, 0, 700))
    await until(() => publisher.breaker === 'open', soon())
    expect(calls).toBe(2)
    publisher.add(someEvents(10, 15))
    expect(publisher.backlog).toBe(20)
    expect(told.dropped).toEqual({ 'breaker-open': 5 })
    expect(publisher.lagMs).toBeGreaterThan(0)
    await until(() => told.breaker.filter((state) => state === 'open').length > 1, soon())
    works = true
    await publisher.flush()
    expect(told).toMatchObject({ published: 20 })
    expect(told.breaker.slice(0, 3)).toEqual(['open', 'half-open', 'open'])
    expect(told.breaker.at(-1)).toBe('closed')
    expect([publisher.backlog, publisher.bytes, publisher.lagMs]).toEqual([0, 0, 0])
  })

  it('counts a missing answer as a failure, and closes when the queue answers again', async () => {
    const queue = memoryQueue()
    const { publisher, told } = publishing(failingFirst(queue, 2, deaf), {
      sendTimeoutMs: 10,
      breakerFailures: 2,
      breakerOpenMs: 5,
    })
    publisher.add(someEvents(3))
    await publisher.flush()
    expect(told).toMatchObject({ published: 3, dropped: {} })
    expect(told.breaker).toEqual(['open', 'half-open', 'closed'])
  })

  it('does not prevent the last attempt of a closing observer', async () => {
    let works = false
    const queue = memoryQueue()
    const sender: QueueSender = {
      limits: queue.limits,
      send: (...given) => (works ? queue.send(...given) : retryable(...given)),
    }
    const { publisher, told } = publishing(sender, { breakerFailures: 1, breakerOpenMs: 60_000, lingerMs: 1 })
    publisher.add(someEvents(3))
    await until(() => publisher.breaker === 'open', soon())
    works = true
    await publisher.close(5000)
    expect(told).toMatchObject({ published: 3, dropped: {} })
  })
})

describe('a tap that can wait', () => {
  it('waits until there is room and no longer', async () => {
    const queue = memoryQueue()
    const { publisher, told } = publishing(failingFirst(queue, 2, retryable), { bufferEvents: 10, lingerMs: 1 })
    publisher.add(someEvents(6))
    expect(publisher.isFull).toBe(true)
    await publisher.whenRoom(new AbortController().signal)
    expect(publisher.isFull).toBe(false)
    publisher.add(someEvents(6))
    const stop = new AbortController()
    stop.abort()
    await publisher.whenRoom(stop.signal)
    await publisher.flush()
    expect(told.published).toBe(12)
  })

  it('is called once when all of its events are sent or dropped', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 4000 } })
    const { publisher } = publishing(queue, { bufferEvents: 5 })
    let settled = 0
    publisher.add([...someEvents(3), ...someEvents(1, 3, 20_000), ...someEvents(4, 4)], () => void settled++)
    expect(settled).toBe(0)
    await publisher.flush()
    expect(settled).toBe(1)
    publisher.add(someEvents(2), () => void settled++)
    await publisher.close(0)
    expect(settled).toBe(2)
  })
})
