import { randomUUID } from 'node:crypto'
import type { MongoClient } from 'mongodb'
import { messageOf, SafeEmitter, type BreakerState, waitAtMost, MAX_TIMER_MS } from '../core/index.ts'
import { compile, senderOf, type Migration } from '../mapping/index.ts'
import { coverageCollection } from '../coverage/index.ts'
import { byReason, createTake, isSkipped } from './capture.ts'
import { commandTap } from './command-tap.ts'
import { CoverageRecorder } from './coverage.ts'
import { registerMetrics } from './metrics.ts'
import { resolveOptions, type ObserveOptions } from './options.ts'
import { Publisher, type DropReason } from './publisher.ts'
import { Spill } from './spill.ts'
import type { Capture, Captured, LossReason, SkipReason } from './tap.ts'
import { TimeRange } from './time-range.ts'

/** Why an event of a handled type was not captured or not published. */
export type MissReason = DropReason | LossReason | SkipReason

/** What an observer has done since it was created. */
export interface ObserverCounters {
  /** Events that the database accepted while the flag was on. */
  readonly captured: number
  readonly published: number
  readonly messages: number
  /** Events that are in the collection and were not published, by reason. */
  readonly missed: Readonly<Partial<Record<MissReason, number>>>
}

/** The current state of an observer. */
export interface ObserverHealth {
  /** Events and bytes in memory that are waiting to be sent. */
  readonly backlogEvents: number
  readonly backlogBytes: number
  /** Events in the file that are waiting to be sent. */
  readonly spilledEvents: number
  /** How long the oldest event in memory has been waiting, in milliseconds. */
  readonly lagMs: number
  readonly breaker: BreakerState
  /** Whether everything that was missed has been recorded. */
  readonly isRecorded: boolean
}

/** The events that an observer emits. What a listener throws is logged and has no other effect. */
export interface ObserverEvents extends Record<string, unknown> {
  published: { readonly events: number; readonly messages: number }
  missed: { readonly events: number; readonly reason: MissReason; readonly detail: string }
  breaker: { readonly state: BreakerState }
}

/** An observer that runs alongside the host's own code. */
export interface Observer extends AsyncDisposable {
  /** Its name in the coverage collection. */
  readonly instance: string
  readonly counters: ObserverCounters
  readonly health: ObserverHealth
  /** How many captured events are waiting in memory to be sent. */
  readonly backlog: number
  on<Name extends 'published' | 'missed' | 'breaker'>(
    name: Name,
    listener: (payload: ObserverEvents[Name]) => void,
  ): () => void
  /** Sends what is waiting; resolves when nothing is left. Never rejects. */
  flush(): Promise<void>
  /**
   * Stops observing, sends what is waiting, for at most `timeoutMs` milliseconds (default 5000), and records what it could not send.
   * Idempotent; never rejects.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

export const DEFAULT_CLOSE_TIMEOUT_MS = 5000

/** How long the last record may take beyond the time for sending, in milliseconds. */
const RECORD_MS = 1000
/** How long a tap may take to store its position, in milliseconds. */
const SAVE_MS = 2000

/**
 * Observes the inserts into the migration's source, and publishes the events of handled types. Returns at once; from then on it never
 * throws, never rejects, never blocks and never keeps the process alive.
 *
 * Throws a ChangeoverError `CONFIG` when an option is wrong, or the client does not monitor its commands.
 *
 * @example
 * import { SQSClient } from '@aws-sdk/client-sqs'
 * import { unleashFlags } from 'changeover/flags'
 * import { observe } from 'changeover/observer'
 * import { sqs } from 'changeover/queue'
 * import { MongoClient } from 'mongodb'
 * import { initialize } from 'unleash-client'
 * import { history } from './changeover.config.ts'
 *
 * const client = new MongoClient(process.env.MONGODB_URL!, { monitorCommands: true })
 * const queue = sqs(new SQSClient({}), process.env.QUEUE_URL)
 * const flags = unleashFlags(initialize({ url: 'https://unleash.example/api', appName: 'shop' }))
 * const observer = observe(client, history, { queue, flags, logger: console })
 *
 * // In the shutdown of the application, after its last insert:
 * await observer.close()
 * await client.close()
 */
export function observe(client: MongoClient, migration: Migration, options: ObserveOptions): Observer {
  const resolved = resolveOptions(migration, options)
  const { queue, limits, logger, heartbeatMs } = resolved
  const instance = randomUUID()
  const compiled = compile(migration)
  const sender = senderOf(compiled.definition)
  const database = migration.source.database ?? client.db().databaseName
  const emitter = new SafeEmitter<ObserverEvents>((thrown) =>
    logger.warn('a listener failed', { error: messageOf(thrown) }),
  )
  const counters = { captured: 0, published: 0, messages: 0, missed: {} as Partial<Record<MissReason, number>> }
  const metrics = registerMetrics(resolved.metrics, migration.name, () => health)

  const coverage =
    resolved.coverage &&
    new CoverageRecorder({
      collection: (
        (name) => () =>
          coverageCollection(client.db(database), name)
      )(resolved.coverage.collection),
      migration: migration.name,
      instance,
      heartbeatMs,
      pending: (range) => publisher.pending(range),
      trouble: (thrown) =>
        thrown === undefined
          ? logger.info('what is missed is recorded again')
          : logger.error('what is missed cannot be recorded; it is kept in memory', { error: messageOf(thrown) }),
    })
  const count = (events: number, reason: MissReason, detail: string): void => {
    counters.missed[reason] = (counters.missed[reason] ?? 0) + events
    metrics?.missed(events, reason)
    emitter.emit('missed', { events, reason, detail })
  }
  const missed = (events: readonly Captured[], reason: MissReason, detail: string): void => {
    if (coverage) coverage.missed(reason, events)
    count(events.length, reason, detail)
  }
  const spill =
    resolved.spill &&
    new Spill(resolved.spill, sender, instance, heartbeatMs, {
      more: () => void publisher.flush(),
      lost(range, detail) {
        if (coverage) coverage.missedRange('spilled', range)
        count(range.events, 'spilled', detail)
      },
      trouble: (thrown) => logger.error('the spill file fails', { error: messageOf(thrown) }),
    })
  const publisher = new Publisher(
    queue,
    sender,
    limits,
    {
      published(events, messages) {
        counters.published += events
        counters.messages += messages
        metrics?.published(events)
        emitter.emit('published', { events, messages })
      },
      dropped: missed,
      breaker: (state) => emitter.emit('breaker', { state }),
    },
    spill,
  )
  const health: ObserverHealth = {
    get backlogEvents() {
      return publisher.backlog
    },
    get backlogBytes() {
      return publisher.bytes
    },
    get spilledEvents() {
      return spill?.backlog ?? 0
    },
    get lagMs() {
      return publisher.lagMs
    },
    get breaker() {
      return publisher.breaker
    },
    get isRecorded() {
      return coverage ? !coverage.isBehind : false
    },
  }

  const reportTapFailure = (thrown: unknown): void => logger.error('the tap failed', { error: messageOf(thrown) })
  const capture: Capture = {
    take: createTake(compiled, { ...resolved, ignoreUndefined: client.bsonOptions.ignoreUndefined ?? false }),
    commit(events, settled) {
      const done = settled && (coverage ? () => coverage.whenRecorded(settled) : settled)
      const wanted = events.filter((event) => !isSkipped(event))
      for (const [reason, skipped] of byReason(events)) missed(skipped, reason, skipped[0]!.skipped.detail)
      if (wanted.length === 0) return done?.()
      counters.captured += wanted.length
      metrics?.captured(wanted.length)
      if (coverage) coverage.captured(wanted)
      publisher.add(wanted, done)
    },
    lose(events, reason) {
      // What could not be serialised here could not be there either.
      const lost = events.filter((event) => event.skipped?.reason !== 'not-serialisable')
      if (lost.length > 0) missed(lost, reason, '')
    },
    missedBetween(from, to, reason) {
      if (coverage) coverage.missedBetween(reason, from, to)
      // How many is not known; that there may be some is.
      count(1, reason, 'a stretch of the stream')
    },
    get isFull() {
      return publisher.isFull
    },
    whenRoom: (signal) => publisher.whenRoom(signal),
    fail: reportTapFailure,
  }
  const tap = resolved.tap ?? commandTap(client, { database, collection: migration.source.collection })
  try {
    tap.start(capture)
  } catch (thrown) {
    metrics?.end()
    void spill?.close()
    throw thrown
  }
  if (coverage) coverage.start()

  let closing: Promise<void> | undefined
  const shut = async (timeoutMs: number): Promise<void> => {
    // Also when it rejects, in spite of its contract.
    await waitAtMost(timeoutMs, tap.stop()).catch(reportTapFailure)
    await publisher.close(timeoutMs)
    await waitAtMost(RECORD_MS, spill?.close())
    const left = new TimeRange()
    spill?.pending(left)
    if (left.events > 0) {
      // The next observer on this machine sends them; should there be none, the window is what is left.
      if (coverage) coverage.missedRange('spilled', left)
      count(left.events, 'spilled', 'it waits in the file')
    }
    if (coverage) await coverage.close(Math.max(RECORD_MS, timeoutMs))
    await waitAtMost(SAVE_MS, tap.save?.())
    metrics?.end()
  }
  // Whatever it is given: a shutdown is no place for an error.
  const close: Observer['close'] = (given) => (closing ??= shut(timeoutIn(given)).catch(reportTapFailure))
  return {
    instance,
    counters,
    health,
    get backlog() {
      return publisher.backlog
    },
    on: (name, listener) => emitter.on(name, listener),
    flush: () => publisher.flush(),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

function timeoutIn(options: { readonly timeoutMs?: number } | undefined): number {
  const { timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options ?? {}
  return timeoutMs >= 0 ? Math.min(timeoutMs, MAX_TIMER_MS) : DEFAULT_CLOSE_TIMEOUT_MS
}
