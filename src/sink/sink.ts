import { setImmediate as nextTurn } from 'node:timers/promises'
import { asChangeoverError, ChangeoverError, mayPass, messageOf, Tally, untilAborted } from '../core/index.ts'
import { UnknownTypeTally, type Migration, type TypeCount } from '../mapping/index.ts'
import type { QueueReceiver } from '../queue/index.ts'
import { applyMessages } from './apply-messages.ts'
import { batchesOf } from './batches.ts'
import { MESSAGE_COUNTS, type MessageCounts, type SinkCounters } from './counters.ts'
import { gather } from './gather.ts'
import { resolveSinkOptions, type ResolvedSinkOptions, type SinkOptions } from './options.ts'
import type { HandledMessages, Sink, SinkMessage } from './port.ts'
import { retryTransient } from './retry-transient.ts'
import { workUnderLease } from './work-under-lease.ts'
import { Working } from './working.ts'

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

/** Whether a sink may begin later, for example once its definition is applied. */
function mayBegin(thrown: unknown): boolean {
  return mayPass(thrown) || (thrown instanceof ChangeoverError && thrown.code === 'UNREGISTERED')
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
    const { queue, graceMs } = this.#options
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
      await this.#work(queue, stop, force.signal)
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

  async #work(queue: QueueReceiver, stop: AbortSignal, force: AbortSignal): Promise<void> {
    const { logger } = this.#options
    // Before the first message: receiving one brings it nearer to the dead-letter queue.
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
      const isDone = await workUnderLease(queue, batch, {
        ...this.#options,
        apply: (messages, signal) => this.#apply(working, messages, signal),
        onLost: (messages) => this.#tally.add({ leasesLost: messages }),
        stop,
        force,
      })
      // Messages that are received meanwhile would only come nearer to the dead-letter queue.
      if (!isDone && !stop.aborted) await this.#waitForWarehouse(working, stop)
    }
  }

  async #waitForWarehouse({ applier }: Working, stop: AbortSignal): Promise<void> {
    const check = () => untilAborted(applier.check(stop), stop)
    await retryTransient('reach the warehouse', check, this.#options.logger, stop)
  }

  /** Looked up once: a worker keeps the generation under which it began. */
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
    // Also here: a batch may have been held through an outage, during which this sink was not seen.
    await working.heartbeat.beat(signal)
    this.#unknown.add({ unmapped: counts.unmapped, unknownTypes })
    this.#warnOf(counts, unknownTypes)
    return counts
  }

  #warnOf(counts: MessageCounts, unknownTypes: readonly TypeCount[]): void {
    const { logger } = this.#options
    if (counts.quarantined + counts.malformed > 0) {
      const { quarantined: events, malformed, unrecorded } = counts
      logger.warn('quarantined', {
        events,
        messages: malformed,
        ...(unrecorded > 0 ? { unrecorded } : {}),
      })
    }
    if (counts.unmapped > 0) {
      const types = unknownTypes.map(({ type }) => (type === null ? 'no type' : JSON.stringify(type))).join(', ')
      logger.warn('the mapping does not know the types of some events', {
        events: counts.unmapped,
        types,
      })
    }
  }
}
