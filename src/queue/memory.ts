import { createWakers } from '../core/index.ts'
import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { packBatches } from './pack-batches.ts'
import type { Queue, QueueLimits, ReceivedMessage, SendOutcome } from './port.ts'

/** Options of {@link memoryQueue}. */
export interface MemoryQueueOptions {
  /** @defaultValue {@link DEFAULT_QUEUE_LIMITS}: 262,144 bytes per message and per batch, 10 messages per batch */
  readonly limits?: Partial<QueueLimits>
  /**
   * The time in milliseconds that leases are measured by. Waits are always in real time.
   * @defaultValue `Date.now`
   */
  readonly clock?: () => number
}

interface Entry {
  readonly id: string
  readonly body: string
  readonly sentAt: Date
  receiveCount: number
  /** In milliseconds, by the queue's clock; the message is leased until then. */
  visibleAt: number
}

/**
 * A queue in the memory of this process, with the leases and receive counts of a real one: for tests and dry runs.
 *
 * @throws {@link ChangeoverError} `CONFIG` when a limit is out of range.
 * @example
 * import { memoryQueue } from 'changeover/queue'
 *
 * const queue = memoryQueue()
 * await queue.send([{ id: 'a', body: '{}' }])
 */
export function memoryQueue(options: MemoryQueueOptions = {}): Queue {
  const limits = resolveLimits('memoryQueue', options.limits)
  const clock = options.clock ?? Date.now
  const entries = new Map<string, Entry>()
  const wakers = createWakers()
  let sent = 0

  function enqueue(body: string): void {
    const now = clock()
    const id = `message-${++sent}`
    entries.set(id, { id, body, sentAt: new Date(now), receiveCount: 0, visibleAt: now })
  }

  function lease(max: number, visibilitySeconds: number): ReceivedMessage[] {
    const now = clock()
    const leased: ReceivedMessage[] = []
    for (const entry of entries.values()) {
      if (leased.length >= max) break
      if (entry.visibleAt > now) continue
      entry.receiveCount++
      entry.visibleAt = now + visibilitySeconds * 1000
      const { id, body, sentAt, receiveCount } = entry
      leased.push({ id, body, receiptHandle: receiptHandleOf(entry), receiveCount, sentAt })
    }
    return leased
  }

  function underLease(message: ReceivedMessage): Entry | undefined {
    const entry = entries.get(message.id)
    return entry && receiptHandleOf(entry) === message.receiptHandle && entry.visibleAt > clock() ? entry : undefined
  }

  /** Milliseconds until the next lease ends, when all messages are leased. */
  function msToNextLeaseEnd(): number {
    let earliest = Infinity
    for (const entry of entries.values()) earliest = Math.min(earliest, entry.visibleAt)
    return earliest - clock()
  }

  /** Does something to each message that is still under lease; returns the ids of the others. */
  function forLeased(messages: readonly ReceivedMessage[], work: (entry: Entry) => void): readonly string[] {
    const lost: string[] = []
    for (const message of messages) {
      const entry = underLease(message)
      if (entry) work(entry)
      else lost.push(message.id)
    }
    return lost
  }

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = packBatches(messages, limits)
      const outcomes = [...oversized]
      for (const { id, body } of batches.flat()) {
        if (signal?.aborted) outcomes.push(notSent(id))
        else {
          enqueue(body)
          outcomes.push({ id, status: 'sent' })
        }
      }
      wakers.wake()
      return outcomes
    },

    async receive({ max, waitSeconds, visibilitySeconds, signal }) {
      const end = performance.now() + Math.min(waitSeconds, MAX_WAIT_SECONDS) * 1000
      while (!signal?.aborted) {
        const leased = lease(Math.min(max, limits.batchEntries), visibilitySeconds)
        const left = end - performance.now()
        if (leased.length > 0 || left <= 0) return leased
        await wakers.wait(Math.min(left, msToNextLeaseEnd()), signal)
      }
      return []
    },

    async acknowledge(messages) {
      return forLeased(messages, (entry) => entries.delete(entry.id))
    },

    async extend(messages, visibilitySeconds) {
      const lost = forLeased(messages, (entry) => {
        entry.visibleAt = clock() + visibilitySeconds * 1000
      })
      wakers.wake()
      return lost
    },

    async approximateDepth() {
      const now = clock()
      const inFlight = [...entries.values()].filter((entry) => entry.visibleAt > now).length
      return { visible: entries.size - inFlight, inFlight }
    },
  })
}

function receiptHandleOf(entry: Entry): string {
  return `${entry.id}/${entry.receiveCount}`
}

function notSent(id: string): SendOutcome {
  return { id, status: 'failed', retryable: true, reason: 'Sending was aborted before this message.' }
}
