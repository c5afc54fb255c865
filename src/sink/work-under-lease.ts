import { mayPass, MAX_TIMER_MS, messageOf, untilAborted, waitAtMost, type Logger } from '../core/index.ts'
import type { QueueReceiver } from '../queue/index.ts'
import type { GatheredBatch } from './gather.ts'
import { Lease } from './lease.ts'
import { retryTransient } from './retry-transient.ts'

/** How long giving messages back may take, in milliseconds. A queue that does not answer has them back when their lease ends. */
const GIVE_BACK_MS = 2000

/** What {@link workUnderLease} works with. */
export interface LeasedWork {
  readonly apply: (messages: GatheredBatch['messages'], signal: AbortSignal) => Promise<unknown>
  /** Called with the number of messages whose lease ended before their work did. */
  readonly onLost: (messages: number) => void
  readonly visibilitySeconds: number
  readonly maxLeases: number
  readonly logger: Logger
  /** Ends the attempts. */
  readonly stop: AbortSignal
  /** Ends the present attempt too. */
  readonly force: AbortSignal
}

/**
 * Applies a batch and acknowledges it. A batch that meets a transient error is kept under its lease and tried again: returning
 * it would raise its receive count, and an outage would move good messages to the dead-letter queue. There is an end to that: after
 * `maxLeases`, and after the grace of a sink that is stopped, it is returned. Resolves to whether it was applied.
 */
export async function workUnderLease(queue: QueueReceiver, batch: GatheredBatch, work: LeasedWork): Promise<boolean> {
  const { apply, logger, maxLeases, visibilitySeconds, stop, force } = work
  const lease = leaseOf(queue, batch, work)
  const overdue = new AbortController()
  const timer = setTimeout(() => overdue.abort(), Math.min(maxLeases * visibilitySeconds * 1000, MAX_TIMER_MS))
  const giveUp = AbortSignal.any([force, overdue.signal])
  lease.keep()
  try {
    const attempt = () => untilAborted(apply(batch.messages, giveUp), giveUp)
    await retryTransient('apply a batch', attempt, logger, AbortSignal.any([stop, overdue.signal]))
  } catch (thrown) {
    await waitAtMost(GIVE_BACK_MS, giveBack(queue, lease))
    if (!giveUp.aborted && !(stop.aborted && mayPass(thrown))) throw thrown
    logger.warn('gave a batch back', { messages: batch.messages.length, error: messageOf(thrown) })
    return false
  } finally {
    clearTimeout(timer)
  }
  lease.release()
  // Also those whose lease is lost: their work is done, and a stale receipt handle can do no harm. At best it still deletes the message.
  const left = await untilAborted(queue.acknowledge(batch.messages), force).catch(() => batch.messages)
  if (left.length > 0) {
    logger.warn('some messages could not be acknowledged and will come again', { messages: left.length })
  }
  return true
}

function leaseOf(queue: QueueReceiver, batch: GatheredBatch, { logger, visibilitySeconds, onLost }: LeasedWork): Lease {
  return new Lease(queue, batch, visibilitySeconds, {
    notRenewed: (messages) => logger.warn('could not renew the lease on some messages; trying again', { messages }),
    lost: (messages) => {
      onLost(messages)
      logger.warn('the lease on some messages ended before their work did; they may come again', { messages })
    },
  })
}

async function giveBack(queue: QueueReceiver, lease: Lease): Promise<void> {
  await queue.extend(lease.release(), 0).catch(() => {})
}
