import type { OutgoingMessage, QueueSender, SendOutcome } from './port.ts'

/** How long a queue has to answer once its signal has aborted, in milliseconds. */
export const ABORT_GRACE_MS = 250

/**
 * Sends once. Resolves to the outcomes that the queue reports within `timeoutMs`, or within {@link ABORT_GRACE_MS} of an abort; to none
 * when it does not answer, or throws despite its contract. Never rejects.
 */
export async function sendOnce(
  queue: QueueSender,
  messages: readonly OutgoingMessage[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly SendOutcome[]> {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), timeoutMs).unref()
  const stop = AbortSignal.any([timeout.signal, signal])
  const noAnswer = Promise.withResolvers<readonly SendOutcome[]>()
  let grace: NodeJS.Timeout | undefined
  // A queue that heeds its signal can still report what it sent.
  const onStop = (): void => {
    grace = setTimeout(() => noAnswer.resolve([]), ABORT_GRACE_MS).unref()
  }
  if (stop.aborted) onStop()
  else stop.addEventListener('abort', onStop, { once: true })
  try {
    const sending = queue.send(
      messages.map(({ id, body }) => ({ id, body })),
      { signal: stop },
    )
    return await Promise.race([sending, noAnswer.promise])
  } catch {
    return []
  } finally {
    clearTimeout(timer)
    clearTimeout(grace)
    stop.removeEventListener('abort', onStop)
  }
}
