import {
  ChangeoverError,
  checkOptions,
  safeLogger,
  silentLogger,
  type Logger,
  type MetricsLike,
  type OptionNames,
} from '../core/index.ts'
import type { FlagContext, Flags } from '../flags/index.ts'
import type { Migration } from '../mapping/index.ts'
import { DEFAULT_COVERAGE_COLLECTION } from '../coverage/index.ts'
import type { QueueSender } from '../queue/index.ts'
import { resolvePublisherLimits, type PublisherLimits } from './limits.ts'
import type { SpillOptions } from './spill.ts'
import type { Tap } from './tap.ts'

/** Options of {@link observe}. */
export interface ObserveOptions {
  /** Where the events are sent. */
  readonly queue: QueueSender
  /** Evaluated for every event; see `flag`. Until the flags are ready, the flag counts as off. */
  readonly flags: Flags
  /**
   * The flag that turns publishing on.
   *
   * @defaultValue `changeover.<name of the migration>.write`
   */
  readonly flag?: string
  /**
   * The context that the flag is evaluated for, by event: a gradual rollout decides by it. It receives the caller's own document, within
   * the caller's own insert, so it must be fast. When it throws, the flag counts as off.
   *
   * @defaultValue no context
   */
  readonly context?: (event: Readonly<Record<string, unknown>>) => FlagContext
  /**
   * How inserts are observed.
   *
   * @defaultValue `commandTap`: by the driver's command monitoring, in this process
   */
  readonly tap?: Tap
  /**
   * The largest event that is sent, in bytes of BSON. The queue has a limit of its own, which applies after compression.
   *
   * @defaultValue 1048576
   */
  readonly maxEventBytes?: number
  /** Limits and timing of publishing, each with a default. */
  readonly limits?: Partial<PublisherLimits>
  /**
   * What happens to events when the buffer is full: they are dropped and recorded, or kept in a file.
   *
   * @defaultValue `'drop-and-record'`
   */
  readonly overflow?: 'drop-and-record' | { readonly spill: SpillOptions }
  /**
   * How the events that were missed are recorded. With false nothing is recorded, and only a whole `migrate` finds them.
   *
   * @defaultValue recorded in the collection `changeover_coverage` of the source database, every 5000 ms
   */
  readonly coverage?: false | CoverageSettings
  /** The `metrics` of `@opentelemetry/api`, or a meter. */
  readonly metrics?: MetricsLike
  /** @defaultValue logs nothing */
  readonly logger?: Logger
}

/** How an observer records what it missed. */
export interface CoverageSettings {
  /** @defaultValue `changeover_coverage` */
  readonly collection?: string
  /**
   * How often the observer records what was missed and that it is alive, in milliseconds. After three times as long without a
   * heartbeat it counts as crashed.
   *
   * @defaultValue 5000
   */
  readonly heartbeatMs?: number
}

export const DEFAULT_HEARTBEAT_MS = 5000
export const DEFAULT_MAX_EVENT_BYTES: number = 2 ** 20

const NAMES: OptionNames<ObserveOptions> = {
  queue: true,
  flags: true,
  flag: true,
  context: true,
  tap: true,
  maxEventBytes: true,
  limits: true,
  overflow: true,
  coverage: true,
  metrics: true,
  logger: true,
}
const COVERAGE_NAMES: OptionNames<CoverageSettings> = { collection: true, heartbeatMs: true }
const SPILL_NAMES: OptionNames<SpillOptions> = { directory: true, maxBytes: true }

/** All options of an observer, the defaults included. */
export interface Resolved {
  readonly queue: QueueSender
  readonly flags: Flags
  readonly flag: string
  readonly context: ObserveOptions['context']
  readonly tap: Tap | undefined
  readonly maxEventBytes: number
  readonly limits: PublisherLimits
  readonly spill: SpillOptions | undefined
  readonly coverage: false | Required<CoverageSettings>
  readonly heartbeatMs: number
  readonly metrics: MetricsLike | undefined
  readonly logger: Logger
}

/** The given options over the default ones, checked. Throws a ChangeoverError `CONFIG`. */
export function resolveOptions(migration: Migration, options: ObserveOptions): Resolved {
  const check = checkOptions('observe')
  check.all(options, NAMES)
  const { overflow = 'drop-and-record', coverage = {}, maxEventBytes = DEFAULT_MAX_EVENT_BYTES } = options
  const { collection = DEFAULT_COVERAGE_COLLECTION, heartbeatMs = DEFAULT_HEARTBEAT_MS } = coverage || {}
  if (coverage) check.all(coverage, COVERAGE_NAMES, 'coverage')
  const spill = overflow === 'drop-and-record' ? undefined : check.all(overflow.spill, SPILL_NAMES, 'overflow.spill')
  const queue = check.port('queue', options.queue, ['send'])
  checkQueueLimits(queue)
  if (options.tap !== undefined) check.port('tap', options.tap, ['start', 'stop'])
  check.whole('maxEventBytes', maxEventBytes, { min: 1 })
  check.milliseconds('coverage.heartbeatMs', heartbeatMs, { min: 10 })
  if (spill?.maxBytes !== undefined) check.whole('overflow.spill.maxBytes', spill.maxBytes, { min: 1 })
  if (coverage && collection === migration.source.collection) {
    throw new ChangeoverError('CONFIG', `Coverage would be recorded in the collection of the events, ${collection}.`, {
      remedy: 'Name another collection: coverage: { collection: … }',
    })
  }
  const { personal = {}, hmacKey } = migration.source
  if (!hmacKey && Object.values<string | undefined>(personal).includes('hmac')) {
    throw new ChangeoverError(
      'CONFIG',
      `The migration ${migration.name} hashes fields, but its source has no hmacKey.`,
      {
        remedy: 'Set the same key everywhere: hmacKey: process.env.CHANGEOVER_HMAC_KEY',
      },
    )
  }
  return Object.freeze({
    queue,
    flags: check.port('flags', options.flags, ['isEnabled', 'ready']),
    flag: options.flag ?? `changeover.${migration.name}.write`,
    context: options.context,
    tap: options.tap,
    maxEventBytes,
    limits: resolvePublisherLimits(options.limits),
    spill,
    coverage: coverage && { collection, heartbeatMs },
    heartbeatMs,
    metrics: options.metrics,
    logger: safeLogger(options.logger ?? silentLogger),
  })
}

/** Without its limits, no message could be packed for the queue. A limit of 0 is a queue that takes nothing: every event is oversized. */
function checkQueueLimits({ limits }: { readonly limits?: Partial<QueueSender['limits']> }): void {
  const check = checkOptions('observe')
  for (const name of ['messageBytes', 'batchBytes', 'batchEntries'] as const) {
    check.whole(`queue.limits.${name}`, limits?.[name] ?? Number.NaN, { min: 0 })
  }
}
