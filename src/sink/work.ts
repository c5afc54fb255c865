import type { Applier } from '../apply/index.ts'
import { decodeMessage } from '../event/index.ts'

/** What a number of messages came to, summed. */
export interface SinkCounters {
  messages: number
  /** Events in those messages, each as often as it came. */
  received: number
  applied: number
  ignored: number
  quarantined: number
  /** Events that came twice within one batch. Those that came again later are absorbed by the merge. */
  duplicates: number
  /** Messages that could not be read; they are in the quarantine. */
  malformed: number
  rows: number
}

export function noCounts(): SinkCounters {
  return { messages: 0, received: 0, applied: 0, ignored: 0, quarantined: 0, duplicates: 0, malformed: 0, rows: 0 }
}

/**
 * Brings the events of a number of messages into the warehouse. When it resolves they may be acknowledged, all of them: what
 * could not be read or applied is in the quarantine. Rejects with a ChangeoverError when the warehouse cannot be used; then
 * none may be.
 */
export async function work(
  applier: Applier,
  migration: string,
  bodies: readonly string[],
  signal?: AbortSignal,
): Promise<SinkCounters> {
  const events: Uint8Array[] = []
  const refused: { body: Uint8Array; reason: string }[] = []
  for (const body of bodies) {
    const decoded = decodeMessage(body)
    if (decoded.outcome === 'malformed') refused.push({ body: Buffer.from(body), reason: decoded.reason })
    else if (decoded.migration !== migration) {
      refused.push({
        body: Buffer.from(body),
        reason: `It is for the migration ${JSON.stringify(decoded.migration)}, not for ${migration}.`,
      })
    } else for (const event of decoded.events) events.push(event)
  }
  if (refused.length > 0) await applier.quarantine(refused, signal)
  const { applied, ignored, quarantined, duplicates, rows } = await applier.apply(events, 'live', signal)
  const counts = { applied, ignored, quarantined, duplicates, rows }
  return { ...counts, messages: bodies.length, received: events.length, malformed: refused.length }
}
