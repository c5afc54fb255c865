import type { OutgoingMessage, QueueSender, SendOutcome } from '../queue/index.ts'

/** How long a queue has to answer once it is told to stop, in milliseconds. */
export const ABORT_MS = 250

/**
 * Sends once; gives the outcomes by id. A queue that rejects, which it should not, or does not answer in time, has taken nothing that is
 * known of. Never rejects.
 */
export async function attempt(
  queue: QueueSender,
  messages: readonly OutgoingMessage[],
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Map<string, SendOutcome>> {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), timeoutMs).unref()
  const late = Promise.withResolvers<readonly SendOutcome[]>()
  // A moment later, so that a queue which heeds its signal can still tell what it sent.
  timeout.signal.addEventListener('abort', () => setTimeout(() => late.resolve([]), ABORT_MS).unref(), { once: true })
  try {
    const sending = queue.send(
      messages.map(({ id, body }) => ({ id, body })),
      { signal: AbortSignal.any([timeout.signal, stop]) },
    )
    const outcomes = await Promise.race([sending, late.promise])
    return new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  } catch {
    return new Map()
  } finally {
    clearTimeout(timer)
  }
}
