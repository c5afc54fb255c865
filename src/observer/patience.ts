/**
 * What the work resolves to; rejects when that takes longer than `ms`, and as soon as the signal aborts. What comes of the work
 * then is of no interest to anybody. Keeps no process alive.
 */
export function answered<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
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
