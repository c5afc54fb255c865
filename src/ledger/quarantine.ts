import { EVENT_KEY_BYTES } from '../event/index.ts'
import { instantOf } from './instants.ts'
import { binary, blob, datetime, instantText, int, text, type Relation, type Row } from '../star/index.ts'

/** An event that could not be applied. */
export interface Quarantined {
  /** The key of the event's `_id`; of an event without one, a digest of its bytes. */
  readonly event: Uint8Array
  readonly firstSeen: Date
  readonly lastSeen: Date
  /** The latest generation that could not apply it. */
  readonly generation: number
  readonly reason: string
  /** The event's BSON, as far as the migration may keep it; undefined when it is empty or was too large to keep. */
  readonly body: Uint8Array | undefined
}

/** The column of the latest generation that could not apply the event. */
export const QUARANTINE_GENERATION = 3

/** The quarantine of a migration: events that could not be applied, whole, with the reason, until they are replayed. */
export function quarantineOf({ name }: { readonly name: string }): Relation {
  return {
    name: `_quarantine_${name}`,
    keyLength: 1,
    columns: [
      { name: 'event_id', type: binary(EVENT_KEY_BYTES), role: 'key', nullable: false },
      { name: 'first_seen', type: datetime, role: 'value', nullable: false },
      { name: 'last_seen', type: datetime, role: 'value', nullable: false },
      { name: 'generation', type: int, role: 'value', nullable: false },
      { name: 'reason', type: text, role: 'value', nullable: false },
      { name: 'body', type: blob, role: 'value', nullable: false },
    ],
    registers: [
      { merge: 'min', column: 1 },
      { merge: 'max', column: 2 },
      { merge: 'max', column: 3 },
      { merge: 'max', column: 4 },
      { merge: 'max', column: 5 },
    ],
    comment: 'changeover: events that could not be applied, with their BSON, until they are replayed',
  }
}

/** The largest body that the quarantine keeps, in bytes. A server may take less: see {@link withoutBody}. */
export const MAX_QUARANTINED_BYTES: number = 4 * 2 ** 20

/** Of a body that is too large, only the reason is kept. */
export function quarantineRow(key: Uint8Array, now: Date, generation: number, reason: string, body: Uint8Array): Row {
  const seen = instantText(now)
  if (body.length <= MAX_QUARANTINED_BYTES) return [key, seen, seen, generation, reason, body]
  return [key, seen, seen, generation, notKept(reason, body.length), Buffer.of()]
}

/** The same row with its reason, but without its body, which the server refused. */
export function withoutBody(row: Row, refusal: string): Row {
  const [key, firstSeen, lastSeen, generation, reason, body] = row
  const said = notKept(reason as string, (body as Uint8Array).length)
  return [key!, firstSeen!, lastSeen!, generation!, `${said} (The warehouse refused them: ${refusal})`, Buffer.of()]
}

function notKept(reason: string, bytes: number): string {
  return `${reason} (Its ${bytes} bytes are not kept here.)`
}

/** A row of `quarantineOf`, read back. */
export function quarantinedOf([key, firstSeen, lastSeen, generation, reason, body]: Row): Quarantined {
  const bytes = body as Uint8Array
  return {
    event: key as Uint8Array,
    firstSeen: instantOf(firstSeen as string),
    lastSeen: instantOf(lastSeen as string),
    generation: generation as number,
    reason: reason as string,
    body: bytes.length === 0 ? undefined : bytes,
  }
}
