import { encodeEvent } from '../../src/event/codec.ts'
import { DEFAULT_PUBLISHER_LIMITS, type PublisherLimits } from '../../src/observer/limits.ts'
import { Publisher } from '../../src/observer/publisher.ts'
import type { Captured } from '../../src/observer/tap.ts'
import type { Queue, QueueSender } from '../../src/queue/index.ts'

export const soon = () => ({ signal: AbortSignal.timeout(20_000), everyMs: 1 })

/** A publisher and what it told. */
export function publishing(queue: QueueSender, limits: Partial<PublisherLimits> = {}) {
  const told = {
    published: 0,
    messages: 0,
    dropped: {} as Record<string, number>,
    details: [] as string[],
    breaker: [] as string[],
  }
  const publisher = new Publisher(
    queue,
    { migration: 'movements' },
    { ...DEFAULT_PUBLISHER_LIMITS, ...limits },
    {
      published(events, messages) {
        told.published += events
        told.messages += messages
      },
      dropped(events, reason, detail) {
        told.dropped[reason] = (told.dropped[reason] ?? 0) + events.length
        told.details.push(detail)
      },
      breaker: (state) => void told.breaker.push(state),
    },
  )
  return { publisher, told }
}

export function someEvents(count: number, from = 0, padding = 0): Captured[] {
  return Array.from({ length: count }, (_, i) => ({
    bytes: encodeEvent({ _id: from + i, text: noise(padding) }),
    time: undefined,
  }))
}

/** Text that does not compress away. */
export function noise(length: number): string {
  let text = ''
  while (text.length < length) text += Math.random().toString(36).slice(2)
  return text.slice(0, length)
}

/** A queue before which `send` answers something else for the first `times` calls. */
export function failingFirst(queue: Queue, times: number, answer: QueueSender['send']): QueueSender {
  let calls = 0
  return {
    limits: queue.limits,
    send: (messages, o) => (calls++ < times ? answer(messages, o) : queue.send(messages, o)),
  }
}

export const retryable: QueueSender['send'] = async (messages) =>
  messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'later' }))

/** Never answers, and does not heed its signal. */
export const deaf: QueueSender['send'] = () => new Promise(() => {})

/** Never answers, but heeds its signal as the real queue does. */
export const mute: QueueSender['send'] = (messages, { signal } = {}) =>
  new Promise((resolve) => {
    signal?.addEventListener('abort', () => void retryable(messages).then(resolve))
  })
