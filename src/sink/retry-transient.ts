import { mayPass, messageAndRemedyOf, waitOut, type Logger } from '../core/index.ts'

/**
 * Does some work until it succeeds, its error is permanent, or the signal aborts; then it rejects with the last error.
 *
 * @param what the work, as the log says it after "could not"
 * @param isPassing whether waiting may help after an error; by default what `mayPass` says
 */
export function retryTransient<T>(
  what: string,
  work: () => Promise<T>,
  logger: Logger,
  signal: AbortSignal,
  isPassing: (thrown: unknown) => boolean = mayPass,
): Promise<T> {
  return waitOut(work, {
    signal,
    isPassing,
    onWait: ({ thrown, failures, lastedMs }) =>
      logger.warn(`could not ${what}; trying again`, {
        error: messageAndRemedyOf(thrown),
        failures,
        seconds: Math.round(lastedMs / 1000),
      }),
  })
}
