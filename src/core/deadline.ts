import { pause } from './abort.ts'

/**
 * Waits for the work, but no longer than `ms` milliseconds; rejects when the work rejects within that time. Keeps the process alive
 * while it waits.
 */
export async function waitAtMost(ms: number, work: Promise<void> | undefined): Promise<void> {
  const done = new AbortController()
  try {
    await Promise.race([work, pause(ms, done.signal)])
  } finally {
    done.abort()
  }
}

/**
 * The result of the work. Rejects when it takes longer than `ms` milliseconds, with what `late` gives, and as soon as the signal
 * aborts; the outcome of the work is then ignored. Does not keep the process alive.
 */
export function answerWithin<T>(
  ms: number,
  work: Promise<T>,
  signal: AbortSignal,
  late: () => Error = () => new Error(`the server did not answer within ${ms} ms`),
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(late()), ms).unref()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  work.then(resolve, reject)
  // Not when the work ends, which it may never do: the signal is often that of the whole process.
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  })
}

/** The result of the work. Rejects as soon as the signal aborts; the work's own outcome is then ignored. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  work.then(resolve, reject)
  return promise.finally(() => signal.removeEventListener('abort', abort))
}
