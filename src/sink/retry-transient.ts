import { messageOf, waitOut, type Logger } from '../core/index.ts'

/**
 * Does some work until it succeeds, its error is permanent, or the signal aborts; then it rejects with the last error.
 *
 * @param what the work, as the log says it after "could not"
 */
export function retryTransient<T>(
  what: string,
  work: () => Promise<T>,
  logger: Logger,
  signal: AbortSignal,
): Promise<T> {
  return waitOut(work, {
    signal,
    onWait: ({ thrown, failures, lastedMs }) =>
      logger.warn(`could not ${what}; trying again`, {
        error: messageOf(thrown),
        failures,
        seconds: Math.round(lastedMs / 1000),
      }),
  })
}
