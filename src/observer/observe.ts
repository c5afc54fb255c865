import type { MongoClient } from 'mongodb'
import { messageOf } from '../core/errors.ts'
import { SafeEmitter } from '../core/emitter.ts'
import { safeLogger, silentLogger, type Logger } from '../core/logger.ts'
import { encodeEvent } from '../event/bson.ts'
import type { Flags } from '../flags/port.ts'
import type { Migration } from '../mapping/migration.ts'
import { reader } from '../mapping/path.ts'
import type { QueueSender } from '../queue/port.ts'
import { tapCommands, type LossReason } from './command-tap.ts'
import { DEFAULT_PUBLISHER_LIMITS, Publisher, type DropReason, type PublisherLimits } from './publisher.ts'

export interface ObserveOptions {
  /** Where the events are sent. */
  readonly queue: QueueSender
  /** Asked before every event; see `flag`. */
  readonly flags: Flags
  /**
   * The flag that switches publishing.
   *
   * @defaultValue `changeover.<name of the migration>.write`
   */
  readonly flag?: string
  /** Bounds and pace of publishing, each with a default. */
  readonly limits?: Partial<PublisherLimits>
  /** @defaultValue says nothing */
  readonly logger?: Logger
}

/** Why an event of the mapping's was not captured or not published. */
export type MissReason = DropReason | LossReason | 'flag-off' | 'without-id' | 'not-serialisable'

/** What an observer has done since it began. */
export interface ObserverCounters {
  /** Events that the database accepted while the flag was on. */
  readonly captured: number
  readonly published: number
  readonly messages: number
  /** Events that are in the collection and were not published, by reason. */
  readonly missed: Readonly<Partial<Record<MissReason, number>>>
}

/** What an observer tells; a listener that throws breaks nothing. */
export interface ObserverEvents extends Record<string, unknown> {
  published: { readonly events: number; readonly messages: number }
  missed: { readonly events: number; readonly reason: MissReason; readonly detail: string }
}

/** An observer at work beside the host's own code. */
export interface Observer extends AsyncDisposable {
  readonly counters: ObserverCounters
  /** How many captured events wait to be sent. */
  readonly backlog: number
  on<Name extends 'published' | 'missed'>(name: Name, listener: (payload: ObserverEvents[Name]) => void): () => void
  /** Sends what waits; resolves when nothing does. Never rejects. */
  flush(): Promise<void>
  /**
   * Stops observing, and sends what waits for at most `timeoutMs` (default 5000). Idempotent; never rejects.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

export const DEFAULT_CLOSE_TIMEOUT_MS = 5000

/**
 * Observes the inserts that this process makes through `client`, and publishes those that the migration takes. Returns at
 * once; from then on it never throws, never rejects, never blocks and never keeps the process alive.
 *
 * Throws a ChangeoverError `CONFIG` when the client does not monitor its commands.
 */
export function observe(client: MongoClient, migration: Migration, options: ObserveOptions): Observer {
  const logger = safeLogger(options.logger ?? silentLogger)
  const flag = options.flag ?? `changeover.${migration.name}.write`
  const emitter = new SafeEmitter<ObserverEvents>((thrown) =>
    logger.warn('a listener failed', { error: messageOf(thrown) }),
  )
  const typeOf = reader(migration.source.type)
  const ignoreUndefined = client.bsonOptions.ignoreUndefined ?? false
  const counters = { captured: 0, published: 0, messages: 0, missed: {} as Partial<Record<MissReason, number>> }

  const missed = (events: number, reason: MissReason, detail: string): void => {
    counters.missed[reason] = (counters.missed[reason] ?? 0) + events
    emitter.emit('missed', { events, reason, detail })
  }
  const publisher = new Publisher(
    options.queue,
    migration.name,
    { ...DEFAULT_PUBLISHER_LIMITS, ...options.limits },
    {
      published(events, messages) {
        counters.published += events
        counters.messages += messages
        emitter.emit('published', { events, messages })
      },
      dropped: missed,
    },
  )

  const isWanted = (document: object): boolean => {
    const handler = migration.handlers.get(String(typeOf(document)))
    return handler !== undefined && handler !== 'ignore'
  }
  const namespace = {
    database: migration.source.database ?? client.db().databaseName,
    collection: migration.source.collection,
  }
  const untap = tapCommands(client, namespace, {
    take(document) {
      try {
        if (!isWanted(document)) return undefined
        if (!options.flags.isEnabled(flag)) missed(1, 'flag-off', flag)
        // With forceServerObjectId only the server knows what the event is called.
        else if (!Object.hasOwn(document, '_id')) missed(1, 'without-id', 'the server makes its _id')
        else return encodeEvent(document, ignoreUndefined)
      } catch (thrown) {
        missed(1, 'not-serialisable', messageOf(thrown))
      }
      return undefined
    },
    commit(events) {
      counters.captured += events.length
      publisher.add(events)
    },
    lose: (events, reason) => missed(events, reason, ''),
    fail: (thrown) => logger.error('the tap failed', { error: messageOf(thrown) }),
  })

  let closing: Promise<void> | undefined
  const close: Observer['close'] = ({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) => {
    closing ??= (untap(), publisher.close(timeoutMs))
    return closing
  }
  return {
    counters,
    get backlog() {
      return publisher.backlog
    },
    on: (name, listener) => emitter.on(name, listener),
    flush: () => publisher.flush(),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}
