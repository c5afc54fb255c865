import { createWakers } from '../core/index.ts'
import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { MemoryEntries } from './memory-entries.ts'
import { packBatches } from './pack-batches.ts'
import type { Queue, QueueLimits, SendOutcome } from './port.ts'

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
  const entries = new MemoryEntries(options.clock ?? Date.now)
  const wakers = createWakers()

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = packBatches(messages, limits)
      const outcomes = [...oversized]
      for (const { id, body } of batches.flat()) {
        if (signal?.aborted) outcomes.push(notSent(id))
        else {
          entries.add(body)
          outcomes.push({ id, status: 'sent' })
        }
      }
      wakers.wake()
      return outcomes
    },

    async receive({ max, waitSeconds, visibilitySeconds, signal }) {
      const end = performance.now() + Math.min(waitSeconds, MAX_WAIT_SECONDS) * 1000
      while (!signal?.aborted) {
        const leased = entries.lease(Math.min(max, limits.batchEntries), visibilitySeconds)
        const left = end - performance.now()
        if (leased.length > 0 || left <= 0) return leased
        await wakers.wait(Math.min(left, entries.msToNextLeaseEnd()), signal)
      }
      return []
    },

    async acknowledge(messages) {
      return entries.remove(messages)
    },

    async extend(messages, visibilitySeconds) {
      const lost = entries.extend(messages, visibilitySeconds)
      wakers.wake()
      return lost
    },

    async approximateDepth() {
      return entries.count()
    },
  })
}

function notSent(id: string): SendOutcome {
  return { id, status: 'failed', retryable: true, reason: 'Sending was aborted before this message.' }
}
