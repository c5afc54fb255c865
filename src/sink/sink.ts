import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  asChangeoverError,
  ChangeoverError,
  mayPass,
  messageOf,
  Tally,
  untilAborted,
  waitAtMost,
  MAX_TIMER_MS,
} from '../core/index.ts'
import { UnknownTypeTally, type Migration, type TypeCount } from '../mapping/index.ts'
import type { QueueReceiver } from '../queue/index.ts'
import { applyMessages } from './apply-messages.ts'
import { batchesOf } from './batches.ts'
import { MESSAGE_COUNTS, type MessageCounts, type SinkCounters } from './counters.ts'
import { gather, type GatheredBatch } from './gather.ts'
import { Lease } from './lease.ts'
import { resolveSinkOptions, type ResolvedSinkOptions, type SinkOptions } from './options.ts'
import { retryTransient } from './retry-transient.ts'
import { Working } from './working.ts'

/** A message that is passed to `handle`. */
export interface SinkMessage {
  /** Names the message in the result; unique within one call. */
  readonly id: string
  readonly body: string
}

/** What became of the messages of one call of `handle`. */
export interface HandledMessages {
  /** Counts over the messages whose work is done. */
  readonly counts: MessageCounts
  /** The ids of the messages that were not applied and must come again. All others may be acknowledged. */
  readonly failed: readonly string[]
  /** Why those failed; undefined when none did. */
  readonly error: ChangeoverError | undefined
}

/** A worker between a queue and a warehouse. Any number may run, anywhere, on one queue. */
export interface Sink {
  readonly migration: Migration
  /** The generation under which it works; undefined until it has found its definition in the warehouse. */
  readonly generation: number | undefined
  /** Counts since the sink was created, up to date whenever they are read. */
  readonly counters: SinkCounters
  /**
   * The types of the events in `counters.unmapped`, the most frequent first; 20 at most. Write a handler for each, or map it to
   * `'ignore'`.
   */
  readonly unknownTypes: readonly TypeCount[]
  /**
   * Works until the signal aborts, then finishes the current batch within `graceMs` and resolves. While the warehouse or the
   * queue fails in a way that is not known to be permanent, it waits and tries again.
   *
   * @throws {@link ChangeoverError} when waiting would not help: `DENIED`, `SCHEMA`, `CONFIG`, `UNEXPECTED`. The messages are
   * back in the queue then. Nothing else is thrown.
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /**
   * Applies messages that someone else received, in batches of `batchMessages`, without retries. When the warehouse cannot be
   * used, the messages of that batch and of all further ones have failed.
   */
  handle(messages: readonly SinkMessage[], signal?: AbortSignal): Promise<HandledMessages>
}

/**
 * Creates a sink, which merges messages from a queue into the warehouse: as a worker with `run`, or in AWS Lambda with
 * {@link lambdaHandler}. A message is acknowledged after all its events are durable; what cannot be applied goes to the quarantine
 * and does not block the rest.
 *
 * @throws {@link ChangeoverError} `CONFIG` when an option is out of range, or a port or one of its methods is missing.
 * @example
 * import { SQSClient } from '@aws-sdk/client-sqs'
 * import { sqs } from 'changeover/queue'
 * import { createSink } from 'changeover/sink'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * const stop = new AbortController()
 * process.once('SIGTERM', () => stop.abort())
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const queue = sqs(new SQSClient({}), process.env.QUEUE_URL)
 * const sink = createSink(history, { warehouse, queue, logger: console })
 * await sink.run({ signal: stop.signal })
 * console.log(sink.counters)
 */
export function createSink(migration: Migration, options: SinkOptions): Sink {
  return new QueueSink(migration, resolveSinkOptions(options))
}

/** Whether a sink may begin later: also once someone has applied its definition. */
function mayBegin(thrown: unknown): boolean {
  return mayPass(thrown) || (thrown instanceof ChangeoverError && thrown.code === 'UNREGISTERED')
}

/** How long giving messages back may take, in milliseconds. A queue that does not answer has them back when their lease ends. */
const GIVE_BACK_MS = 2000

async function giveBack(queue: QueueReceiver, lease: Lease): Promise<void> {
  await queue.extend(lease.release(), 0).catch(() => {})
}

class QueueSink implements Sink {
  readonly migration: Migration
  readonly #options: ResolvedSinkOptions
  readonly #unknown = new UnknownTypeTally()
  readonly #tally = new Tally<keyof SinkCounters>([...MESSAGE_COUNTS, 'leasesLost'])
  #knownWorking: Working | undefined

  constructor(migration: Migration, options: ResolvedSinkOptions) {
    this.migration = migration
    this.#options = options
  }

  get generation(): number | undefined {
    return this.#knownWorking?.generation
  }

  get counters(): SinkCounters {
    return this.#tally.counts
  }

  get unknownTypes(): readonly TypeCount[] {
    return this.#unknown.found.unknownTypes
  }

  async run({ signal: stop }: { readonly signal: AbortSignal }): Promise<void> {
    const { queue, graceMs, logger } = this.#options
    if (!queue) {
      throw new ChangeoverError('CONFIG', 'A sink without a queue cannot run.', { remedy: 'Pass createSink a queue.' })
    }
    const force = new AbortController()
    let deadline: NodeJS.Timeout | undefined
    const onStop = (): void => {
      deadline = setTimeout(() => force.abort(), graceMs)
    }
    stop.addEventListener('abort', onStop, { once: true })
    try {
      // Before the first message: one that is received comes nearer to the dead-letter queue.
      const begin = () => untilAborted(this.#working(stop), stop)
      const working = await retryTransient('start', begin, logger, stop, mayBegin)
      while (!stop.aborted) {
        await working.heartbeat.beat(stop)
        const batch = await retryTransient('receive', () => gather(queue, this.#options, stop), logger, stop)
        if (batch.messages.length === 0) {
          // A queue that answers at once, as with `waitSeconds: 0`, must not keep timers and signals from their turn.
          await nextTurn()
          continue
        }
        const isDone = await this.#work(working, queue, batch, stop, force.signal)
        // Messages that are received meanwhile would only come nearer to the dead-letter queue.
        if (!isDone && !stop.aborted) await this.#waitForWarehouse(working, stop)
      }
    } catch (thrown) {
      // Stopped at the start or during an outage: the messages are back in the queue, and nothing is lost.
      if (!(stop.aborted && (thrown === stop.reason || mayBegin(thrown)))) throw asChangeoverError(thrown)
    } finally {
      stop.removeEventListener('abort', onStop)
      clearTimeout(deadline)
      await this.#knownWorking?.heartbeat.end()
    }
  }

  async handle(messages: readonly SinkMessage[], signal?: AbortSignal): Promise<HandledMessages> {
    const sum = new Tally<keyof MessageCounts>(MESSAGE_COUNTS)
    let done = 0
    try {
      const working = await this.#working(signal)
      await working.heartbeat.beat(signal)
      for (const batch of batchesOf(messages, this.#options)) {
        sum.add(await this.#apply(working, batch, signal))
        done += batch.length
      }
      return { counts: sum.counts, failed: [], error: undefined }
    } catch (thrown) {
      const failed = messages.slice(done).map(({ id }) => id)
      this.#options.logger.warn('could not apply messages', { error: messageOf(thrown), messages: failed.length })
      return { counts: sum.counts, failed, error: asChangeoverError(thrown) }
    }
  }

  /**
   * Applies a batch and acknowledges it. A batch that meets a transient error is kept under its lease and tried again: returning
   * it would raise its receive count, and an outage would move good messages to the dead-letter queue. There is an end to that: after
   * `maxLeases`, and after the grace of a sink that is stopped, it is returned. Resolves to whether it was applied.
   */
  async #work(
    working: Working,
    queue: QueueReceiver,
    batch: GatheredBatch,
    stop: AbortSignal,
    force: AbortSignal,
  ): Promise<boolean> {
    const { logger, visibilitySeconds, maxLeases } = this.#options
    const lease = new Lease(queue, batch, visibilitySeconds, {
      notRenewed: (messages) => logger.warn('could not renew the lease on some messages; trying again', { messages }),
      lost: (messages) => {
        this.#tally.add({ leasesLost: messages })
        logger.warn('the lease on some messages ended before their work did; they may come again', { messages })
      },
    })
    const overdue = new AbortController()
    const timer = setTimeout(() => overdue.abort(), Math.min(maxLeases * visibilitySeconds * 1000, MAX_TIMER_MS))
    const giveUp = AbortSignal.any([force, overdue.signal])
    lease.keep()
    try {
      const apply = () => untilAborted(this.#apply(working, batch.messages, giveUp), giveUp)
      await retryTransient('apply a batch', apply, logger, AbortSignal.any([stop, overdue.signal]))
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

  async #waitForWarehouse({ applier }: Working, stop: AbortSignal): Promise<void> {
    const check = () => untilAborted(applier.check(stop), stop)
    await retryTransient('reach the warehouse', check, this.#options.logger, stop)
  }

  /** Looked up once: a worker keeps the number under which it began. */
  async #working(signal: AbortSignal | undefined): Promise<Working> {
    this.#knownWorking ??= await Working.begin(this.migration, this.#options, { signal })
    return this.#knownWorking
  }

  async #apply(
    working: Working,
    messages: readonly { readonly body: string }[],
    signal?: AbortSignal,
  ): Promise<MessageCounts> {
    const bodies = messages.map(({ body }) => body)
    const { unknownTypes, ...counts } = await applyMessages(working.applier, working, bodies, signal)
    this.#tally.add(counts)
    this.#unknown.add({ unmapped: counts.unmapped, unknownTypes })
    if (counts.quarantined + counts.malformed > 0) {
      const { quarantined: events, malformed, unrecorded } = counts
      this.#options.logger.warn('quarantined', { events, messages: malformed, unrecorded: unrecorded || undefined })
    }
    if (counts.unmapped > 0) {
      const types = unknownTypes.map(({ type }) => (type === null ? 'no type' : JSON.stringify(type))).join(', ')
      this.#options.logger.warn('the mapping does not know the types of some events', {
        events: counts.unmapped,
        types,
      })
    }
    return counts
  }
}
