import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { pack, tooLarge } from './pack.ts'
import type { Queue, QueueLimits, ReceivedMessage, SendOutcome } from './port.ts'
import { createWakers } from '../core/index.ts'

/** Options of {@link memoryQueue}. */
export interface MemoryQueueOptions {
  /** @defaultValue {@link DEFAULT_QUEUE_LIMITS}: 262,144 bytes a message and a batch, 10 messages a batch. */
  readonly limits?: Partial<QueueLimits>
  /**
   * Now, in milliseconds: what leases are measured by. Waits are always in real time.
   * @defaultValue `Date.now`
   */
  readonly clock?: () => number
}

interface Entry {
  readonly id: string
  readonly body: string
  readonly sentAt: Date
  receiveCount: number
  /** Milliseconds, by the queue's clock; leased while this lies ahead. */
  visibleAt: number
}

/** A queue in this process, with the leases and receive counts of a real one: for tests and dry runs. Gone with the process. */
export function memoryQueue(options: MemoryQueueOptions = {}): Queue {
  const limits = resolveLimits(options.limits)
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
      leased.push({ id, body, receipt: receiptOf(entry), receiveCount, sentAt })
    }
    return leased
  }

  function underLease(message: ReceivedMessage): Entry | undefined {
    const entry = entries.get(message.id)
    return entry && receiptOf(entry) === message.receipt && entry.visibleAt > clock() ? entry : undefined
  }

  /** Milliseconds until a lease ends, when all messages are leased. */
  function untilNextLeaseEnds(): number {
    let earliest = Infinity
    for (const entry of entries.values()) earliest = Math.min(earliest, entry.visibleAt)
    return earliest - clock()
  }

  /** Does something to each message still under lease; gives the ids of the others. */
  function withLeased(messages: readonly ReceivedMessage[], work: (entry: Entry) => void): readonly string[] {
    return messages.flatMap((message) => {
      const entry = underLease(message)
      if (!entry) return [message.id]
      work(entry)
      return []
    })
  }

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = pack(messages, limits)
      const outcomes = oversized.map((message) => tooLarge(message, limits))
      for (const { id, body } of batches.flat()) {
        if (!signal?.aborted) enqueue(body)
        outcomes.push(signal?.aborted ? stopped(id) : { id, status: 'sent' })
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
        await wakers.wait(Math.min(left, untilNextLeaseEnds()), signal)
      }
      return []
    },

    async acknowledge(messages) {
      return withLeased(messages, (entry) => entries.delete(entry.id))
    },

    async extend(messages, visibilitySeconds) {
      const lost = withLeased(messages, (entry) => {
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

function receiptOf(entry: Entry): string {
  return `${entry.id}/${entry.receiveCount}`
}

function stopped(id: string): SendOutcome {
  return { id, status: 'failed', retryable: true, reason: 'The work was stopped before the message was sent.' }
}
