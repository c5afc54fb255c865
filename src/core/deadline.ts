import { pause } from './abort.ts'

/** Waits for the work to settle, but no longer than `ms`. Keeps the process alive that long: its caller waits. */
export async function waitAtMost(ms: number, work: Promise<void> | undefined): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, pause(ms, done.signal)])
  done.abort()
}

/**
 * The result of the work. Rejects when it takes longer than `ms` milliseconds, and as soon as the signal aborts; the work's own
 * outcome is then ignored. Keeps no process alive.
 */
export function answerWithin<T>(ms: number, work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server said nothing for ${ms} ms`)), ms).unref()
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    })
  })
}
