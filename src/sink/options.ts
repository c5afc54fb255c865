import { checkOptions, safeLogger, silentLogger, type Logger, type OptionNames } from '../core/index.ts'
import { MAX_WAIT_SECONDS, type QueueReceiver } from '../queue/index.ts'
import type { MergePort, RegistryPort } from '../warehouse/index.ts'

/** Options of {@link createSink}. */
export interface SinkOptions {
  /** Where merged rows go. */
  readonly warehouse: MergePort & RegistryPort
  /** Where `run` receives messages from. A Lambda function receives its messages as an argument and needs none. */
  readonly queue?: QueueReceiver
  /**
   * The most messages per batch. The more there are, the more events are merged in memory before they reach MySQL.
   *
   * @defaultValue 30
   */
  readonly batchMessages?: number
  /**
   * How many bytes of message bodies, as sent, end a batch: it then takes no further messages. One request returns up to ten
   * messages, so a batch may be larger by those.
   *
   * @defaultValue 8388608
   */
  readonly batchBytes?: number
  /**
   * The lease on a message (its visibility timeout), in seconds, from 1 to 43200; renewed while the work lasts.
   *
   * @defaultValue 60
   */
  readonly visibilitySeconds?: number
  /**
   * For how many leases at most a batch is held while the warehouse does not take it; then its messages are given back, and the sink
   * asks for no others until the warehouse takes writes. So an outage raises the receive count of a message once per that time
   * for each sink, and not without end for one that is cut off. SQS ends every lease after 12 hours. From 1.
   *
   * @defaultValue 30
   */
  readonly maxLeases?: number
  /**
   * How long one request waits for messages, in seconds, from 0 to 20.
   *
   * @defaultValue 20
   */
  readonly waitSeconds?: number
  /**
   * How long the current batch may take once `run` is stopped, in milliseconds. Then its messages are given back, whatever the
   * warehouse is doing.
   *
   * @defaultValue 10000
   */
  readonly graceMs?: number
  /** @defaultValue logs nothing */
  readonly logger?: Logger
}

export const DEFAULT_BATCH_MESSAGES = 30
export const DEFAULT_BATCH_BYTES: number = 8 * 2 ** 20
export const DEFAULT_VISIBILITY_SECONDS = 60
export const DEFAULT_MAX_LEASES = 30
export const DEFAULT_WAIT_SECONDS = 20
export const DEFAULT_GRACE_MS = 10_000

/** The longest visibility timeout of SQS. */
const MAX_VISIBILITY_SECONDS = 43_200

const NAMES: OptionNames<SinkOptions> = {
  warehouse: true,
  queue: true,
  batchMessages: true,
  batchBytes: true,
  visibilitySeconds: true,
  maxLeases: true,
  waitSeconds: true,
  graceMs: true,
  logger: true,
}

/** All options of a sink, the defaults included. */
export interface ResolvedSinkOptions extends Required<Omit<SinkOptions, 'queue'>> {
  readonly queue: QueueReceiver | undefined
}

/** The given options over the default ones, checked. Throws a ChangeoverError `CONFIG`. */
export function resolveSinkOptions(options: SinkOptions): ResolvedSinkOptions {
  const check = checkOptions('createSink')
  const { queue } = check.all(options, NAMES)
  return Object.freeze({
    warehouse: check.port('warehouse', options.warehouse, ['merge', 'scan']),
    queue: queue && check.port('queue', queue, ['receive', 'acknowledge', 'extend']),
    batchMessages: check.whole('batchMessages', options.batchMessages ?? DEFAULT_BATCH_MESSAGES, { min: 1 }),
    batchBytes: check.whole('batchBytes', options.batchBytes ?? DEFAULT_BATCH_BYTES, { min: 1 }),
    visibilitySeconds: check.whole('visibilitySeconds', options.visibilitySeconds ?? DEFAULT_VISIBILITY_SECONDS, {
      min: 1,
      max: MAX_VISIBILITY_SECONDS,
    }),
    maxLeases: check.whole('maxLeases', options.maxLeases ?? DEFAULT_MAX_LEASES, { min: 1 }),
    waitSeconds: check.whole('waitSeconds', options.waitSeconds ?? DEFAULT_WAIT_SECONDS, {
      min: 0,
      max: MAX_WAIT_SECONDS,
    }),
    graceMs: check.milliseconds('graceMs', options.graceMs ?? DEFAULT_GRACE_MS, { min: 0 }),
    logger: safeLogger(options.logger ?? silentLogger),
  })
}
