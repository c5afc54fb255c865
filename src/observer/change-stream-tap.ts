import type { MongoClient } from 'mongodb'
import { checkOptions, safeLogger, silentLogger, type Logger } from '../core/index.ts'
import { DEFAULT_POSITION_COLLECTION, PositionStore } from './stream-position.ts'
import { StreamReader } from './stream-reader.ts'
import type { Namespace, Tap } from './tap.ts'

export interface ChangeStreamTapOptions {
  /** The migration's name: with the stream's it is the key of the position. */
  readonly migration: string
  /**
   * Tells positions of one migration apart: readers that are to go their own ways have streams of different names.
   *
   * @defaultValue `<database>.<collection>`
   */
  readonly stream?: string
  /**
   * The collection, in the database of the events, that holds the position.
   *
   * @defaultValue `'changeover_position'`
   */
  readonly positions?: string
  /**
   * The position is stored at most this often while events come, in milliseconds; after a crash the events since then are seen
   * again.
   *
   * @defaultValue 1000
   */
  readonly saveMs?: number
  /**
   * How often it is stored while none come, in milliseconds, so that it does not grow older than what the server remembers.
   *
   * @defaultValue 10000
   */
  readonly idleSaveMs?: number
  /**
   * How long the server may say nothing at all before the stream is opened anew, in milliseconds.
   *
   * @defaultValue 60000
   */
  readonly silenceMs?: number
  /** Is told of outages, once a minute at most. @defaultValue says nothing */
  readonly logger?: Logger
}

/** A tap on a change stream. */
export interface ChangeStreamTap extends Tap {
  /** Resolves when inserts are seen from now on, or when the tap is stopped before that. Never rejects. */
  readonly live: Promise<void>
  /**
   * Stores the position of what is settled by now. Of use after `stop()`, when what was on its way has been sent. Never rejects,
   * and takes two seconds at most.
   */
  save(): Promise<void>
}

export const DEFAULT_SAVE_MS = 1000
export const DEFAULT_IDLE_SAVE_MS = 10_000
export const DEFAULT_SILENCE_MS = 60_000

/**
 * Taps the inserts into a collection by a change stream, from a position that is stored beside the events and moves only over
 * what is settled: each event is captured at least once, by whichever process reads the position. Without a stored position it
 * begins with the moment at which it reaches the server.
 *
 * Throws a ChangeoverError `CONFIG` when an option is wrong.
 *
 * Holds one connection of the client's pool while it runs. It keeps no process alive that the client would not.
 *
 * @example
 * import { changeStreamTap, observe } from 'changeover/observer'
 * import { fixedFlags } from 'changeover/flags'
 * import { memoryQueue } from 'changeover/queue'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = new MongoClient(process.env.MONGODB_URL!)
 * const tap = changeStreamTap(client, { database: 'app', collection: 'events' }, { migration: history.name })
 * const flags = fixedFlags({ 'changeover.history.write': true })
 * const observer = observe(client, history, { queue: memoryQueue(), flags, tap })
 * await tap.live
 *
 * // In the shutdown of the application, after its last insert:
 * await observer.close()
 * await client.close()
 */
export function changeStreamTap(
  client: MongoClient,
  namespace: Namespace,
  options: ChangeStreamTapOptions,
): ChangeStreamTap {
  const { database, collection } = namespace
  const key = `${options.migration}/${options.stream ?? `${database}.${collection}`}`
  const check = checkOptions('changeStreamTap')
  const settings = Object.freeze({
    saveMs: check.whole('saveMs', options.saveMs ?? DEFAULT_SAVE_MS, { min: 0 }),
    idleSaveMs: check.whole('idleSaveMs', options.idleSaveMs ?? DEFAULT_IDLE_SAVE_MS, { min: 0 }),
    silenceMs: check.whole('silenceMs', options.silenceMs ?? DEFAULT_SILENCE_MS, { min: 1 }),
  })
  const store = new PositionStore(client, namespace, key, options.positions ?? DEFAULT_POSITION_COLLECTION)
  const logger = safeLogger(options.logger ?? silentLogger)
  return new StreamReader(client, namespace, settings, store, logger)
}
