import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves after `ms` milliseconds, or as soon as the signal aborts; never rejects. With `ref: false` it does not keep the process
 * alive.
 */
export async function pause(ms: number, signal?: AbortSignal, options: { ref?: boolean } = {}): Promise<void> {
  if (signal?.aborted) return
  await delay(ms, undefined, { ...(signal ? { signal } : {}), ref: options.ref ?? true }).catch((thrown: unknown) => {
    if (!signal?.aborted) throw thrown
  })
}

/** Polls `condition` every `everyMs` until it holds; throws the signal's reason when that aborts first. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { signal, everyMs = 25 }: { signal: AbortSignal; everyMs?: number },
): Promise<void> {
  while (!(await condition())) {
    signal.throwIfAborted()
    await pause(everyMs, signal)
  }
}
