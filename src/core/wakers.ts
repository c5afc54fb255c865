/** Lets callers wait until another part of the code wakes them. */
export interface Wakers {
  /** Resolves when woken, after `ms` milliseconds, or when the signal aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** Ends all current waits. */
  wake(): void
}

export function createWakers(): Wakers {
  const waiting = new Set<() => void>()
  return {
    async wait(ms, signal) {
      if (signal?.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      // At least a millisecond: a clock that does not move must not make the caller spin.
      const timer = setTimeout(resolve, Math.max(1, Math.ceil(ms)))
      waiting.add(resolve)
      const onAbort = (): void => resolve()
      signal?.addEventListener('abort', onAbort)
      await promise
      clearTimeout(timer)
      waiting.delete(resolve)
      signal?.removeEventListener('abort', onAbort)
    },
    wake() {
      for (const resolve of waiting) resolve()
    },
  }
}
