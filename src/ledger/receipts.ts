import { EVENT_KEY_BYTES } from '../event/index.ts'
import { QUARANTINE_GENERATION, quarantineOf } from './quarantine.ts'
import { bigint, binary, int, ORIGIN, type Cell, type Origin, type Relation, type Row } from '../star/index.ts'

/** What became of an event. Under one generation, a later one of this list outranks an earlier one. */
export type Outcome = 'quarantined' | 'ignored' | 'applied'
const OUTCOMES: readonly Outcome[] = ['quarantined', 'ignored', 'applied']

/** How many outcomes a generation has room for in the state. */
export const STATES_PER_GENERATION = 4

/** What the warehouse knows of an event that was dealt with. */
export interface Receipt {
  /** The key of the event's `_id`, as `eventKey` makes it. */
  readonly event: Uint8Array
  readonly position: bigint | undefined
  /** The number of the event's type, see `typeNumber`; undefined of one without a type. */
  readonly type: number | undefined
  /** The latest generation that dealt with it, and what that made of it. */
  readonly generation: number
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
      { name: 'event_type', type: int, role: 'value', nullable: true },
      { name: 'state', type: int, role: 'value', nullable: false },
      { name: 'origin', type: int, role: 'origin', nullable: false },
    ],
    registers: [
      { merge: 'max', column: 1 },
      { merge: 'max', column: 2 },
      { merge: 'max', column: 3 },
      { merge: 'bits', column: 4 },
    ],
    // An event that was applied or ignored by the same generation as quarantined it, or by a later one, leaves the quarantine.
    supersedes: {
      relation: quarantineOf(migration),
      column: 3,
      than: QUARANTINE_GENERATION,
      times: STATES_PER_GENERATION,
    },
    comment:
      'changeover: events dealt with. event_type is a number of the type; state is 4 * generation + outcome (0 quarantined, 1 ignored, 2 applied); origin 1 live, 2 migrated, 4 repaired',
  }
}

export function receiptRow(
  key: Uint8Array,
  event: { readonly position: bigint | undefined; readonly type: number | undefined; readonly outcome: Outcome },
  generation: number,
  origin: Origin,
): Row {
  const { position, type, outcome } = event
  // One register, led by the generation: what the latest definition made of the event counts.
  const state = generation * STATES_PER_GENERATION + OUTCOMES.indexOf(outcome)
  return [key, position ?? null, type ?? null, state, ORIGIN[origin]]
}

/** The columns of the event type and of the state. */
export const RECEIPT_TYPE_AND_STATE: readonly number[] = Object.freeze([2, 3])

/** The cells of {@link RECEIPT_TYPE_AND_STATE}, read back. */
export function receiptStateOf([type, state]: readonly Cell[]): Pick<Receipt, 'type' | 'generation' | 'outcome'> {
  return {
    type: typeof type === 'number' ? type : undefined,
    generation: Math.floor((state as number) / STATES_PER_GENERATION),
    outcome: OUTCOMES[(state as number) % STATES_PER_GENERATION]!,
  }
}

/** A row of `receiptsOf`, read back. */
export function receiptOf([key, position, type, state, bits]: Row): Receipt {
  return {
    event: key as Uint8Array,
    position: position === null ? undefined : (position as bigint),
    ...receiptStateOf([type!, state!]),
    origins: (Object.keys(ORIGIN) as Origin[]).filter((origin) => ((bits as number) & ORIGIN[origin]) !== 0),
  }
}
