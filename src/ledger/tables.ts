import { EVENT_KEY_BYTES } from '../event/index.ts'
import {
  ORIGIN,
  type Origin,
  type Relation,
  type Row,
  bigint,
  int,
  binary,
  blob,
  text,
  datetime,
  instantText,
} from '../star/index.ts'

/** What became of an event. Under one revision of the mapping, a greater outcome outranks a smaller one. */
export type Outcome = 'quarantined' | 'ignored' | 'applied'
export const OUTCOME: Readonly<Record<Outcome, number>> = Object.freeze({ quarantined: 0, ignored: 1, applied: 2 })

/** The tables of the package's own beside a migration's: merged by the same statement as all others. */
export interface Ledger {
  /** One narrow row per event that the warehouse has dealt with, written after what the event did. */
  readonly receipts: Relation
  /** Events that could not be applied, whole, with the reason, until they are replayed. */
  readonly quarantine: Relation
}

export function ledgerOf(migration: { readonly name: string }): Ledger {
  return {
    receipts: {
      name: `_receipt_${migration.name}`,
      keyLength: 1,
      columns: [
        { name: 'event_id', type: binary(EVENT_KEY_BYTES), role: 'key', nullable: false },
        { name: 'position', type: bigint, role: 'value', nullable: true },
        { name: 'state', type: int, role: 'value', nullable: false },
        { name: 'origin', type: int, role: 'origin', nullable: false },
      ],
      registers: [
        { merge: 'max', column: 1 },
        { merge: 'max', column: 2 },
        { merge: 'bits', column: 3 },
      ],
      comment:
        'changeover: events dealt with. state is 4 * revision + outcome (0 quarantined, 1 ignored, 2 applied); origin 1 live, 2 migrated, 4 repaired',
    },
    quarantine: {
      name: `_quarantine_${migration.name}`,
      keyLength: 1,
      columns: [
        { name: 'event_id', type: binary(EVENT_KEY_BYTES), role: 'key', nullable: false },
        { name: 'first_seen', type: datetime, role: 'value', nullable: false },
        { name: 'last_seen', type: datetime, role: 'value', nullable: false },
        { name: 'revision', type: int, role: 'value', nullable: false },
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
    },
  }
}

export function receiptRow(
  key: Uint8Array,
  position: bigint | undefined,
  outcome: Outcome,
  revision: number,
  origin: Origin,
): Row {
  // One register, the revision first: what the latest mapping made of the event is what counts.
  return [key, position ?? null, revision * 4 + OUTCOME[outcome], ORIGIN[origin]]
}

/** The largest body that the quarantine keeps, in bytes: what one statement can carry to any server. A larger one is named only. */
export const MAX_QUARANTINED_BYTES: number = 4 * 2 ** 20

export function quarantineRow(key: Uint8Array, now: Date, revision: number, reason: string, body: Uint8Array): Row {
  const seen = instantText(now)
  if (body.length <= MAX_QUARANTINED_BYTES) return [key, seen, seen, revision, reason, body]
  return [key, seen, seen, revision, `${reason} (Its ${body.length} bytes are not kept here.)`, Buffer.of()]
}
