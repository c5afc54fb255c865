import { describe, expect, it } from 'vitest'
import { ChangeoverError } from '../../src/core/errors.ts'
import { pause } from '../../src/core/index.ts'
import type { QueueReceiver, ReceivedMessage, ReceiveOptions } from '../../src/queue/index.ts'
import { batchesOf } from '../../src/sink/batches.ts'
import { gather, nextGatherStep, type GatherLimits, type GatherState } from '../../src/sink/gather.ts'

const limits: GatherLimits = { batchMessages: 30, batchBytes: 1000, visibilitySeconds: 60, waitSeconds: 20 }
const forever = new AbortController().signal

const message = (id: string, body = 'x', receiptHandle = id): ReceivedMessage => ({
  id,
  body,
  receiptHandle,
  receiveCount: 1,
  sentAt: undefined,
})

/** A queue whose `receive` answers by the number of the call; empty after that. */
function receiving(...answers: (() => readonly ReceivedMessage[] | Promise<readonly ReceivedMessage[]>)[]) {
  const asked: ReceiveOptions[] = []
  const queue: QueueReceiver = {
    async receive(options) {
      asked.push(options)
      return (await answers[asked.length - 1]?.()) ?? []
    },
    acknowledge: async () => [],
    extend: async () => [],
  }
  return { queue, asked }
}

describe('nextGatherStep', () => {
  const state: GatherState = { messages: 10, bytes: 100, heldMs: 50, isDrained: false }

  it('waits for the first message', () => {
    const empty = { messages: 0, bytes: 0, heldMs: 99_999, isDrained: false }
    expect(nextGatherStep(empty, limits)).toEqual({ kind: 'ask', max: 30, waitSeconds: 20 })
  })

  it('asks for the rest of the batch without waiting', () => {
    expect(nextGatherStep(state, limits)).toEqual({ kind: 'ask', max: 20, waitSeconds: 0 })
  })

  it.each<[string, Partial<GatherState>]>([
    ['the queue is drained', { isDrained: true }],
    ['the queue was empty from the start', { messages: 0, bytes: 0, isDrained: true }],
    ['it has all its messages', { messages: 30 }],
    ['it has all its bytes', { bytes: 1000 }],
    ['a third of the lease is over', { heldMs: 20_000 }],
  ])('works on the batch when %s', (_, change) => {
    expect(nextGatherStep({ ...state, ...change }, limits)).toEqual({ kind: 'work' })
  })
})

describe('gather', () => {
  it('takes no more messages than a batch holds', async () => {
    const two = (from: number) => () => [message(String(from)), message(String(from + 1))]
    const { queue, asked } = receiving(two(1), two(3), two(5))
    const { messages } = await gather(queue, { ...limits, batchMessages: 4 }, forever)
    expect(messages.map(({ id }) => id)).toEqual(['1', '2', '3', '4'])
    expect(asked.map(({ max, waitSeconds }) => [max, waitSeconds])).toEqual([
      [4, 20],
      [2, 0],
    ])
  })

  it('asks for no more once it holds enough bytes of UTF-8', async () => {
    const { queue, asked } = receiving(
      () => [message('a', 'é'.repeat(300))],
      () => [message('b', 'é'.repeat(200))],
      () => [message('c')],
    )
    expect((await gather(queue, limits, forever)).messages).toHaveLength(2)
    expect(asked).toHaveLength(2)
  })

  it('holds messages no longer than a third of their lease, even when the queue does not answer', async () => {
    const hanging: QueueReceiver = {
      ...receiving().queue,
      async receive({ signal, waitSeconds }) {
        if (waitSeconds > 0) return [message('a')]
        await pause(60_000, signal)
        return []
      },
    }
    const started = performance.now()
    const { messages } = await gather(hanging, { ...limits, visibilitySeconds: 1 }, forever)
    expect(messages).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('stops after a third of the lease, however slowly messages come', async () => {
    let id = 0
    const slow: QueueReceiver = {
      ...receiving().queue,
      async receive() {
        await pause(50)
        return [message(String(++id))]
      },
    }
    const { messages } = await gather(slow, { ...limits, batchMessages: 1000, visibilitySeconds: 1 }, forever)
    expect(messages.length).toBeGreaterThan(1)
    expect(messages.length).toBeLessThan(10)
  })

  it('keeps the later lease of a message that it receives twice', async () => {
    const { queue } = receiving(
      () => [message('a', 'x', 'first'), message('b')],
      () => [message('a', 'x', 'second')],
    )
    const { messages } = await gather(queue, limits, forever)
    expect(messages.map(({ id, receiptHandle }) => [id, receiptHandle])).toEqual([
      ['a', 'second'],
      ['b', 'b'],
    ])
  })

  const away = (): never => {
    throw new ChangeoverError('UNREACHABLE', 'away')
  }

  it('rejects when the first request fails', async () => {
    await expect(gather(receiving(away).queue, limits, forever)).rejects.toThrow('away')
  })

  it('returns what it holds when a later request fails', async () => {
    const { queue } = receiving(() => [message('a')], away)
    expect((await gather(queue, limits, forever)).messages).toHaveLength(1)
  })
})

describe('batchesOf', () => {
  it('splits by messages and by bytes, and leaves none out', () => {
    const sizes = [1, 1, 1, 6, 1, 9, 9, 1].map((size, i) => ({ id: i, body: 'x'.repeat(size) }))
    const batches = batchesOf(sizes, { batchMessages: 3, batchBytes: 7 })
    expect(batches.map((batch) => batch.map(({ id }) => id))).toEqual([[0, 1, 2], [3, 4], [5], [6], [7]])
  })

  it('has no batch without a message', () => {
    expect(batchesOf([], limits)).toEqual([])
  })
})
