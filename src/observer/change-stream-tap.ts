import type { MongoClient } from 'mongodb'
import { checkOptions, safeLogger, silentLogger, type Logger, type OptionNames } from '../core/index.ts'
import { DEFAULT_POSITION_COLLECTION, PositionStore } from './stream-position.ts'
import { StreamReader } from './stream-reader.ts'
import type { Namespace, Tap } from './tap.ts'

/** Options of {@link changeStreamTap}. */
export interface ChangeStreamTapOptions {
  /** The migration's name. Together with that of the stream it is the key of the position. */
  readonly migration: string
  /**
   * Tells positions of one migration apart: give independent readers different names.
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
   * The least time between two stores of the position while events arrive, in milliseconds. After a crash, the events since the last
   * store are captured again.
   *
   * @defaultValue 1000
   */
  readonly saveMs?: number
  /**
   * How often the position is stored while no events arrive, in milliseconds, so that it stays within the server's oplog.
   *
   * @defaultValue 10000
   */
  readonly idleSaveMs?: number
  /**
   * How long the server may be silent before the stream is opened again, in milliseconds.
   *
   * @defaultValue 60000
   */
  readonly silenceMs?: number
  /**
   * Logs outages, at most once a minute.
   *
   * @defaultValue logs nothing
   */
  readonly logger?: Logger
}

/** A tap on a change stream. */
export interface ChangeStreamTap extends Tap {
  /** Resolves when the tap observes inserts, or when it is stopped before that. Never rejects. */
  readonly live: Promise<void>
  /**
   * Stores the position up to which everything is settled. Call it after `stop()`, when everything pending has been sent. Never
   * rejects, and takes at most two seconds.
   */
  save(): Promise<void>
}

export const DEFAULT_SAVE_MS = 1000
export const DEFAULT_IDLE_SAVE_MS = 10_000
export const DEFAULT_SILENCE_MS = 60_000

const NAMES: OptionNames<ChangeStreamTapOptions> = {
  migration: true,
  stream: true,
  positions: true,
  saveMs: true,
  idleSaveMs: true,
  silenceMs: true,
  logger: true,
}

/**
 * Taps the inserts into a collection by a change stream. Its position is stored in the database of the events and moves only past what
 * is settled, so each event is captured at least once, by whichever process resumes from it. Without a stored position it starts when
 * it reaches the server.
 *
 * Throws a ChangeoverError `CONFIG` when an option is wrong.
 *
 * It uses one connection of the client's pool while it runs. It does not keep the process alive any longer than the client does.
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
  const check = checkOptions('changeStreamTap')
  check.all(options, NAMES)
  const { database, collection } = namespace
  const key = `${options.migration}/${options.stream ?? `${database}.${collection}`}`
  const settings = Object.freeze({
    saveMs: check.milliseconds('saveMs', options.saveMs ?? DEFAULT_SAVE_MS, { min: 0 }),
    idleSaveMs: check.milliseconds('idleSaveMs', options.idleSaveMs ?? DEFAULT_IDLE_SAVE_MS, { min: 0 }),
    silenceMs: check.milliseconds('silenceMs', options.silenceMs ?? DEFAULT_SILENCE_MS, { min: 1 }),
  })
  const store = new PositionStore(client, namespace, key, options.positions ?? DEFAULT_POSITION_COLLECTION)
  const logger = safeLogger(options.logger ?? silentLogger)
  return new StreamReader(client, namespace, settings, store, logger)
}
