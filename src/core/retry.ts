import { pause } from './abort.ts'

/** How often to try and how long to wait between tries. */
export interface RetryPolicy {
  /** The number of tries, the first included. */
  readonly tries: number
  /** The first wait, in milliseconds; it doubles with each try. */
  readonly baseMs: number
  /** The longest wait, in milliseconds. */
  readonly capMs: number
}

/**
 * The wait before the try after `failures` failures, in milliseconds: exponential with full jitter
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 *
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, policy: RetryPolicy, random: number): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, failures - 1))
  return Math.floor(ceiling * random)
}

/**
 * Runs `work` until it succeeds. Throws its last error once that error is not retryable, the tries are used up, or the signal has
 * aborted.
 */
export async function retry<T>(
  work: () => Promise<T>,
  options: {
    readonly policy: RetryPolicy
    readonly retryable: (thrown: unknown) => boolean
    readonly onRetry?: (thrown: unknown) => void
    readonly signal?: AbortSignal | undefined
    readonly random?: () => number
  },
): Promise<T> {
  const { policy, retryable, onRetry, signal, random = Math.random } = options
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (thrown) {
      if (failures >= policy.tries || signal?.aborted || !retryable(thrown)) throw thrown
      onRetry?.(thrown)
      await pause(backoffMs(failures, policy, random()), signal)
    }
  }
}
