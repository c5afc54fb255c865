import { ChangeoverError, messageOf, retry, type Logger, type RetryPolicy } from '../core/index.ts'

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 200, capMs: 20_000 })

/** Whether waiting may help. */
export function isTransient(thrown: unknown): boolean {
  return thrown instanceof ChangeoverError && thrown.code === 'UNREACHABLE'
}

/**
 * Does some work until it succeeds, its error is not transient, or the signal aborts; then it rejects with the last error.
 *
 * @param what the work, as the log says it after "could not"
 */
export async function retryTransient<T>(
  what: string,
  work: () => Promise<T>,
  logger: Logger,
  signal: AbortSignal,
): Promise<T> {
  let failures = 0
  return retry(work, {
    policy: RETRY,
    retryable: isTransient,
    onRetry: (thrown) =>
      logger.warn(`could not ${what}; trying again`, { error: messageOf(thrown), failures: ++failures }),
    signal,
  })
}
