import type { Applier } from '../apply/index.ts'
import { decodeMessage } from '../event/index.ts'
import type { MessageCounts } from './counters.ts'

/** Message bodies sorted into what they hold. */
export interface DecodedBodies {
  readonly events: readonly Uint8Array[]
  /** Bodies that are not messages for this migration, with the reason. */
  readonly unreadable: readonly { readonly body: Uint8Array; readonly reason: string }[]
}

/** Decodes message bodies, which may come from anyone. Never throws. */
export function decodeBodies(migration: string, bodies: readonly string[]): DecodedBodies {
  const events: Uint8Array[] = []
  const unreadable: { body: Uint8Array; reason: string }[] = []
  for (const body of bodies) {
    const decoded = decodeMessage(body)
    if (decoded.outcome === 'malformed') unreadable.push({ body: Buffer.from(body), reason: decoded.reason })
    else if (decoded.migration === migration) for (const event of decoded.events) events.push(event)
    else {
      const reason = `This message is for the migration ${JSON.stringify(decoded.migration)}, not for ${migration}.`
      unreadable.push({ body: Buffer.from(body), reason })
    }
  }
  return { events, unreadable }
}

/**
 * Brings the events of some messages into the warehouse. When it resolves, all the messages may be acknowledged: what could not
 * be read or applied is in the quarantine. Rejects with a ChangeoverError when the warehouse cannot be used; then none of them
 * may be.
 */
export async function applyMessages(
  applier: Applier,
  migration: string,
  bodies: readonly string[],
  signal?: AbortSignal,
): Promise<MessageCounts> {
  const { events, unreadable } = decodeBodies(migration, bodies)
  const unrecorded = unreadable.length > 0 ? await applier.quarantine(unreadable, signal) : 0
  const { reasons: _, ...applied } = await applier.apply(events, 'live', signal)
  return {
    ...applied,
    messages: bodies.length,
    received: events.length,
    malformed: unreadable.length,
    unrecorded: applied.unrecorded + unrecorded,
  }
}
