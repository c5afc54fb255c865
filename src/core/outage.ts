import { ChangeoverError, type ErrorCode } from './errors.ts'
import { backoffMs, type RetryPolicy } from './retry.ts'
import { pause } from './abort.ts'

const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNREACHABLE', 'FAILING'])

/**
 * Whether waiting may help: transient by default, permanent by proof. So is what is not a ChangeoverError: no one has shown that
 * it is permanent.
 */
export function mayPass(thrown: unknown): boolean {
  return !(thrown instanceof ChangeoverError) || PASSING.has(thrown.code)
}

/** A wait for a server that is away. */
export interface OutageWait {
  /** What failed last. */
  readonly thrown: unknown
  /** How often it has failed in a row. */
  readonly failures: number
  /** How long it has been failing, in milliseconds. */
  readonly lastedMs: number
}

export interface OutageOptions {
  /**
   * How long an outage may last, in milliseconds, before the last error is thrown.
   *
   * @defaultValue without end
   */
  readonly maxMs?: number
  /** Called before each wait. */
  readonly onWait?: (wait: OutageWait) => void
  readonly signal?: AbortSignal | undefined
  /**
   * Whether waiting may help after an error.
   *
   * @defaultValue {@link mayPass}
   */
  readonly isPassing?: (thrown: unknown) => boolean
  /**
   * How to wait between tries; its number of tries does not count.
   *
   * @defaultValue from 200 ms up to 20 s
   */
  readonly policy?: Omit<RetryPolicy, 'tries'>
}

const POLICY: Omit<RetryPolicy, 'tries'> = Object.freeze({ baseMs: 200, capMs: 20_000 })

/**
 * Does some work until it succeeds: waits out an outage of the server that it needs. `work` must be safe to repeat. Throws its
 * last error when that is permanent (see {@link mayPass}), when the outage has lasted for `maxMs`, or when the signal has aborted.
 *
 * @example
 * await waitOut(() => applier.apply(batch, 'migrated', signal), { maxMs: outageMs, onWait: (wait) => show(wait), signal })
 */
export async function waitOut<T>(work: () => Promise<T>, options: OutageOptions = {}): Promise<T> {
  const { maxMs = Number.POSITIVE_INFINITY, onWait, signal, isPassing = mayPass, policy = POLICY } = options
  let since: number | undefined
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (thrown) {
      const now = performance.now()
      since ??= now
      const lastedMs = now - since
      if (signal?.aborted || !isPassing(thrown) || lastedMs >= maxMs) throw thrown
      onWait?.({ thrown, failures, lastedMs })
      // The last try comes when the time is over, not up to a whole wait before.
      const waitMs = backoffMs(failures, { ...policy, tries: failures + 1 }, Math.random())
      await pause(Math.min(waitMs, maxMs - lastedMs), signal)
    }
  }
}
