import { EVENT_KEY_BYTES } from '../event/index.ts'
import { QUARANTINE_REVISION, quarantineOf } from './quarantine.ts'
import { bigint, binary, int, ORIGIN, type Origin, type Relation, type Row } from '../star/index.ts'

/** What became of an event. Under one revision of the mapping, a greater outcome outranks a smaller one. */
export type Outcome = 'quarantined' | 'ignored' | 'applied'
const OUTCOMES: readonly Outcome[] = ['quarantined', 'ignored', 'applied']

/** How many outcomes a revision has room for in the state. */
const STATES_PER_REVISION = 4

/** What the warehouse knows of an event that it has dealt with. */
export interface Receipt {
  /** The key of the event's `_id`, as `eventKey` makes it. */
  readonly event: Uint8Array
  readonly position: bigint | undefined
  /** The latest revision of the mapping that dealt with it, and what that made of it. */
  readonly revision: number
  readonly outcome: Outcome
  /** All ways by which it arrived. */
  readonly origins: readonly Origin[]
}

/** The receipts of a migration: one narrow row per event, written after what the event did. */
export function receiptsOf(migration: { readonly name: string }): Relation {
  return {
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
    // An event that was applied or ignored by the same revision as quarantined it, or by a later one, leaves the quarantine.
    supersedes: { relation: quarantineOf(migration), column: 2, than: QUARANTINE_REVISION, times: STATES_PER_REVISION },
    comment:
      'changeover: events dealt with. state is 4 * revision + outcome (0 quarantined, 1 ignored, 2 applied); origin 1 live, 2 migrated, 4 repaired',
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
  const state = revision * STATES_PER_REVISION + OUTCOMES.indexOf(outcome)
  return [key, position ?? null, state, ORIGIN[origin]]
}

/** A row of `receiptsOf`, read back. */
export function receiptOf([key, position, state, bits]: Row): Receipt {
  return {
    event: key as Uint8Array,
    position: position === null ? undefined : (position as bigint),
    revision: Math.floor((state as number) / STATES_PER_REVISION),
    outcome: OUTCOMES[(state as number) % STATES_PER_REVISION]!,
    origins: (Object.keys(ORIGIN) as Origin[]).filter((origin) => ((bits as number) & ORIGIN[origin]) !== 0),
  }
}
