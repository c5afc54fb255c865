import { pause } from '../core/abort.ts'

/** Waits for the work, but no longer than `ms`. Keeps the process alive so long: its caller waits. */
export async function within(ms: number, work: Promise<void> | undefined): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, pause(ms, done.signal)])
  done.abort()
}
