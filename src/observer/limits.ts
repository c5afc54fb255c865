import { checkOptions } from '../core/index.ts'

/** Limits and timing of publishing. All sizes are in bytes of BSON, before compression. */
export interface PublisherLimits {
  /**
   * The most events that may wait to be sent; `overflow` decides what happens to more.
   *
   * @defaultValue 20000
   */
  readonly bufferEvents: number
  /**
   * The most bytes that may wait to be sent.
   *
   * @defaultValue 33554432
   */
  readonly bufferBytes: number
  /**
   * How long an event waits for others to share its message, in milliseconds.
   *
   * @defaultValue 50
   */
  readonly lingerMs: number
  /**
   * The most events per round of sending.
   *
   * @defaultValue 500
   */
  readonly batchEvents: number
  /**
   * The most bytes per round of sending, which has at least one event. They are compressed at once, in the host's own thread.
   *
   * @defaultValue 131072
   */
  readonly batchBytes: number
  /**
   * How long the queue has to answer, in milliseconds, before the round counts as failed.
   *
   * @defaultValue 30000
   */
  readonly sendTimeoutMs: number
  /**
   * After this many consecutive failures, sending is suspended.
   *
   * @defaultValue 5
   */
  readonly breakerFailures: number
  /**
   * How long sending is suspended, in milliseconds. It doubles with each failed retry, up to a minute.
   *
   * @defaultValue 5000
   */
  readonly breakerOpenMs: number
}

export const DEFAULT_PUBLISHER_LIMITS: PublisherLimits = Object.freeze({
  bufferEvents: 20_000,
  bufferBytes: 32 * 2 ** 20,
  lingerMs: 50,
  batchEvents: 500,
  batchBytes: 128 * 2 ** 10,
  sendTimeoutMs: 30_000,
  breakerFailures: 5,
  breakerOpenMs: 5000,
})

/** The given limits over the default ones, checked. Throws a ChangeoverError `CONFIG`. */
export function resolvePublisherLimits(limits: Partial<PublisherLimits> = {}): PublisherLimits {
  const check = checkOptions('observe')
  check.all(limits, DEFAULT_PUBLISHER_LIMITS, 'limits')
  const resolved = Object.freeze({ ...DEFAULT_PUBLISHER_LIMITS, ...limits })
  for (const [name, value] of Object.entries(resolved)) {
    const min = name === 'lingerMs' ? 0 : 1
    if (name.endsWith('Ms')) check.milliseconds(`limits.${name}`, value, { min })
    else check.whole(`limits.${name}`, value, { min })
  }
  return resolved
}
