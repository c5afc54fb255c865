import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { memoryQueue, type QueueSender } from '../../src/queue/index.ts'
import { eventsIn, idsOf } from './observing.ts'
import { deaf, failingFirst, mute, publishing, retryable, someEvents, soon } from './publishing.ts'

describe('sending', () => {
  it('begins soon after the first event, and at once with a full batch', async () => {
    const queue = memoryQueue()
    const { publisher, told } = publishing(queue, { lingerMs: 5, batchEvents: 10 })
    publisher.add(someEvents(1))
    await until(() => told.published === 1, soon())
    publisher.add(someEvents(25, 1))
    await until(() => told.published === 26, soon())
    expect(idsOf(await eventsIn(queue))).toEqual(Array.from({ length: 26 }, (_, i) => i))
  })

  it.each<[string, QueueSender['send']]>([
    ['fails for a transient reason', retryable],
    ['reports no outcome', async () => []],
    ['rejects, against its contract', async () => Promise.reject(new Error('down'))],
    [
      'throws, against its contract',
      () => {
        throw new Error('down')
      },
    ],
  ])('loses nothing when the queue %s and then works', async (_, answer) => {
    const queue = memoryQueue()
    const { publisher, told } = publishing(failingFirst(queue, 3, answer), { batchEvents: 20 })
    publisher.add(someEvents(50))
    await publisher.flush()
    expect(publisher.backlog).toBe(0)
    expect(told).toMatchObject({ published: 50, dropped: {} })
    expect(idsOf(await eventsIn(queue))).toEqual(Array.from({ length: 50 }, (__, i) => i))
  })

  it('sends again only what was not accepted', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 2000 } })
    const half = failingFirst(queue, 1, async (messages) => {
      const [first, ...others] = messages
      return [...(await queue.send([first!])), ...(await retryable(others))]
    })
    const { publisher, told } = publishing(half)
    publisher.add(someEvents(8, 0, 700))
    await publisher.flush()
    expect(told.messages).toBeGreaterThan(2)
    expect(idsOf(await eventsIn(queue)).toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('drops and counts what the queue refuses, and sends the rest', async () => {
    const refusing: QueueSender['send'] = async (messages) =>
      messages.map(({ id }) => ({ id, status: 'failed', retryable: false, reason: 'never' }))
    const { publisher, told } = publishing(failingFirst(memoryQueue(), 1, refusing), { batchEvents: 2 })
    publisher.add(someEvents(3))
    await publisher.flush()
    expect(told).toMatchObject({ published: 1, dropped: { refused: 2 }, details: ['never'] })
  })

  it('sends an event that is added at the moment when a flush ends', async () => {
    const queue = memoryQueue()
    const { publisher } = publishing(queue, { batchEvents: 1, lingerMs: 3_600_000 })
    for (let round = 0; round < 20; round++) {
      publisher.add(someEvents(1, round))
      const flushed = publisher.flush()
      for (let i = 0; i < round; i++) await Promise.resolve()
      publisher.add(someEvents(1, 100 + round))
      await flushed
      await until(() => publisher.backlog === 0, soon())
    }
    expect(await eventsIn(queue)).toHaveLength(40)
  })
})

describe('the buffer', () => {
  it.each([
    ['events', { bufferEvents: 10 }],
    ['bytes', { bufferBytes: 10 * someEvents(1)[0]!.bytes.length }],
  ])('holds no more %s than its limit, and counts what it drops', async (_, limits) => {
    const { publisher, told } = publishing(memoryQueue(), limits)
    publisher.add(someEvents(4))
    publisher.add(someEvents(16, 4))
    expect(publisher.backlog).toBe(10)
    expect(told.dropped).toEqual({ overflow: 10 })
    await publisher.flush()
    expect(told.published).toBe(10)
    publisher.add(someEvents(10))
    await publisher.flush()
    expect(told).toMatchObject({ published: 20, dropped: { overflow: 10 } })
  })

  it('counts events that are being sent as part of the buffer', async () => {
    const { publisher, told } = publishing(failingFirst(memoryQueue(), 1, mute), { bufferEvents: 5, batchEvents: 5 })
    publisher.add(someEvents(5))
    publisher.add(someEvents(2))
    expect(told.dropped).toEqual({ overflow: 2 })
    await publisher.close(0)
    expect(told.dropped).toEqual({ overflow: 2, closed: 5 })
  })

  it('reports an event that no message can hold, and sends its neighbours', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 4000 } })
    const { publisher, told } = publishing(queue)
    publisher.add([...someEvents(2), ...someEvents(1, 2, 20_000), ...someEvents(2, 3)])
    await publisher.flush()
    expect(told).toMatchObject({ published: 4, dropped: { oversize: 1 }, details: ['over 4000 bytes'] })
    expect(idsOf(await eventsIn(queue))).toEqual([0, 1, 3, 4])
  })

  it('packs by the smaller of the limits of a message and of a batch', async () => {
    const queue = memoryQueue({ limits: { messageBytes: 100_000, batchBytes: 4000 } })
    const { publisher, told } = publishing(queue)
    publisher.add(someEvents(20, 0, 700))
    await publisher.flush()
    expect(told).toMatchObject({ published: 20, dropped: {} })
  })
})

describe('closing', () => {
  it('sends what is waiting', async () => {
    const { publisher, told } = publishing(memoryQueue(), { batchEvents: 3 })
    publisher.add(someEvents(10))
    await publisher.close(5000)
    expect(told).toMatchObject({ published: 10, dropped: {} })
  })

  it.each<[string, QueueSender['send']]>([
    ['fails', retryable],
    ['does not answer', mute],
    ['ignores its signal', deaf],
  ])('ends by the deadline when the queue %s, and counts what is left', async (_, answer) => {
    const { publisher, told } = publishing(failingFirst(memoryQueue(), 1e9, answer), { batchEvents: 4 })
    publisher.add(someEvents(10))
    const start = performance.now()
    await publisher.close(100)
    expect(performance.now() - start).toBeLessThan(2000)
    expect(told).toMatchObject({ published: 0, dropped: { closed: 10 } })
    expect(publisher.backlog).toBe(0)
  })

  it('counts events that are added after it', async () => {
    const { publisher, told } = publishing(memoryQueue())
    await publisher.close(1000)
    publisher.add(someEvents(2))
    await publisher.flush()
    expect(told).toMatchObject({ published: 0, dropped: { closed: 2 } })
  })

  it.each([
    ['keeps a process alive that waits for it', 'close', 'closed, 3 dropped'],
    ['keeps no process alive that does not', 'leave', 'left'],
  ])('%s', async (_, what, said) => {
    const child = fork(new URL('publisher-child.ts', import.meta.url), [what], { execArgv: [], stdio: 'pipe' })
    let output = ''
    child.stdout?.on('data', (bytes) => (output += String(bytes)))
    const [code] = (await once(child, 'exit')) as [number]
    expect({ code, output }).toEqual({ code: 0, output: `${said}\n` })
  })
})
