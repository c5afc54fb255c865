import {
  pause,
  ChangeoverError,
  messageOf,
  silentLogger,
  type Logger,
  backoffMs,
  type RetryPolicy,
} from '../core/index.ts'
import { createApplier } from '../apply/index.ts'
import type { Migration } from '../mapping/index.ts'
import type { QueueReceiver, ReceivedMessage } from '../queue/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { noCounts, work, type SinkCounters } from './work.ts'
import { compile } from '../mapping/index.ts'

export interface SinkOptions {
  /** Where merged rows go. */
  readonly warehouse: MergePort
  /** Where messages come from; a Lambda is handed them and needs none. */
  readonly queue?: QueueReceiver
  /**
   * The most messages that one batch takes. More messages a batch are more events to merge in memory before MySQL sees them.
   *
   * @defaultValue 30
   */
  readonly batchMessages?: number
  /**
   * The lease on a message, in seconds; renewed while the work lasts.
   *
   * @defaultValue 60
   */
  readonly visibilitySeconds?: number
  /**
   * How long one request waits for messages, in seconds.
   *
   * @defaultValue 20
   */
  readonly waitSeconds?: number
  /**
   * How long the batch in hand may take once `run` is told to stop, in milliseconds.
   *
   * @defaultValue 10000
   */
  readonly graceMs?: number
  /** @defaultValue says nothing */
  readonly logger?: Logger
}

export const DEFAULT_BATCH_MESSAGES = 30
export const DEFAULT_VISIBILITY_SECONDS = 60
export const DEFAULT_WAIT_SECONDS = 20
export const DEFAULT_GRACE_MS = 10_000

/** A worker between a queue and a warehouse. Any number may run, anywhere, on one queue. */
export interface Sink {
  readonly migration: Migration
  readonly counters: Readonly<SinkCounters>
  /**
   * Works until the signal aborts, then finishes the batch in hand and resolves. A warehouse or a queue that is away is
   * waited for. Rejects with a ChangeoverError when waiting would not help (`DENIED`, `SCHEMA`, `CONFIG`).
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /** Applies the bodies of messages that somebody else received; when it resolves, they may be acknowledged. */
  handle(bodies: readonly string[], signal?: AbortSignal): Promise<SinkCounters>
}

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 200, capMs: 20_000 })

export function createSink(migration: Migration, options: SinkOptions): Sink {
  const {
    warehouse,
    queue,
    batchMessages = DEFAULT_BATCH_MESSAGES,
    visibilitySeconds = DEFAULT_VISIBILITY_SECONDS,
    waitSeconds = DEFAULT_WAIT_SECONDS,
    graceMs = DEFAULT_GRACE_MS,
    logger = silentLogger,
  } = options
  const applier = createApplier(compile(migration), warehouse)
  const counters = noCounts()

  const handle: Sink['handle'] = async (bodies, signal) => {
    const counts = await work(applier, migration.name, bodies, signal)
    for (const name of Object.keys(counters) as (keyof SinkCounters)[]) counters[name] += counts[name]
    if (counts.quarantined + counts.malformed > 0) {
      logger.warn('quarantined', { events: counts.quarantined, messages: counts.malformed })
    }
    return counts
  }

  async function gather(from: QueueReceiver, signal: AbortSignal): Promise<ReceivedMessage[]> {
    const messages: ReceivedMessage[] = []
    while (messages.length < batchMessages) {
      const max = batchMessages - messages.length
      const waiting = messages.length === 0 ? waitSeconds : 0
      const receiving = from.receive({ max, waitSeconds: waiting, visibilitySeconds, signal })
      // What is held already is under lease: it is worked on, and the next round meets the trouble again.
      const more = await (messages.length === 0 ? receiving : receiving.catch(() => []))
      messages.push(...more)
      if (more.length === 0) break
    }
    return messages
  }

  // A batch that meets passing trouble is kept and tried again under its lease: giving it back would count as a receipt, and
  // good messages would drift to the dead-letter queue for a fault that is not theirs.
  async function settle(
    from: QueueReceiver,
    messages: readonly ReceivedMessage[],
    stop: AbortSignal,
    force: AbortSignal,
  ): Promise<void> {
    const heartbeat = setInterval(() => void from.extend(messages, visibilitySeconds), (visibilitySeconds * 1000) / 3)
    const bodies = messages.map((message) => message.body)
    try {
      await patiently('apply a batch', () => handle(bodies, force), stop)
      const kept = await from.acknowledge(messages)
      if (kept.length > 0)
        logger.warn('some messages could not be acknowledged and will come again', { messages: kept.length })
    } catch (thrown) {
      await from.extend(messages, 0)
      throw thrown
    } finally {
      clearInterval(heartbeat)
    }
  }

  async function patiently<T>(what: string, task: () => Promise<T>, stop: AbortSignal): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await task()
      } catch (thrown) {
        if (!(thrown instanceof ChangeoverError) || thrown.code !== 'UNREACHABLE' || stop.aborted) throw thrown
        logger.warn(`could not ${what}; trying again`, { error: messageOf(thrown), failures })
        await pause(backoffMs(failures, RETRY, Math.random()), stop)
      }
    }
  }

  return {
    migration,
    counters,
    handle,
    async run({ signal: stop }) {
      if (!queue)
        throw new ChangeoverError('CONFIG', 'A sink without a queue cannot run.', {
          remedy: 'Give createSink a queue.',
        })
      const force = new AbortController()
      let deadline: NodeJS.Timeout | undefined
      const onStop = (): void => {
        deadline = setTimeout(() => force.abort(), graceMs)
      }
      stop.addEventListener('abort', onStop, { once: true })
      try {
        while (!stop.aborted) {
          const messages = await patiently('receive', () => gather(queue, stop), stop)
          if (messages.length > 0) await settle(queue, messages, stop, force.signal)
        }
      } catch (thrown) {
        // Told to stop while the other side was away: the messages are back in the queue, and nothing is lost.
        if (!(stop.aborted && thrown instanceof ChangeoverError && thrown.code === 'UNREACHABLE')) throw thrown
      } finally {
        stop.removeEventListener('abort', onStop)
        clearTimeout(deadline)
      }
    },
  }
}
