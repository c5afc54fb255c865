import { ChangeoverError } from '../../core/index.ts'
import type { Cell } from '../types/cell.ts'
import type { Slot } from '../define/layout.ts'
import type { Operation } from './operation.ts'
import type { PhysicalColumn, Relation } from './relation.ts'
import { ABSENT, type Stamp } from './stamp.ts'
import { bigint, boolean, int } from '../types/number.ts'
import { binary, stampType } from '../types/text.ts'
import { datetime } from '../types/time.ts'

/**
 * How a slowly changing dimension of type 2 is kept: one row per key and event that wrote to it, holding only what that event
 * wrote. Nothing is recomputed when a late event arrives between two others; a view carries values forward and finds the intervals.
 * Personal columns have no history, so that there is nothing in it to erase.
 */
export interface History {
  readonly relation: Relation
  /** The columns with a history, in the order of their bits in `_set`. */
  readonly columns: readonly Slot[]
  readonly at: number
  readonly set: number
  readonly live: number
  readonly stamp: number
  readonly origin: number
}

/** What marks off one event from another: its stamp without the revision. */
export const EVENT_BYTES = 15
/** A BIGINT has room for so many flags. */
const MAX_COLUMNS = 62

export function historyOf(table: string, key: readonly PhysicalColumn[], slots: Iterable<Slot>): History {
  const columns = [...slots].filter((slot) => !slot.isKey && slot.merge === 'last' && !slot.spec.pii)
  if (columns.length === 0 || columns.length > MAX_COLUMNS) {
    throw new ChangeoverError('DEFINITION', `The dimension ${table} keeps the history of ${columns.length} columns.`, {
      remedy: `From 1 to ${MAX_COLUMNS} columns that merge by last, and are not personal, can have one.`,
    })
  }
  const first = key.length + 1
  const physical: PhysicalColumn[] = [
    ...key,
    { name: '_event', type: binary(EVENT_BYTES), nullable: false },
    { name: '_at', type: datetime, nullable: true },
    ...columns.map(({ name, spec }) => ({ name, type: spec.type, nullable: true })),
    { name: '_set', type: bigint, nullable: true },
    { name: '_live', type: boolean, nullable: true },
    { name: '_stamp', type: stampType, nullable: false, defaultSql: `x'${'00'.repeat(ABSENT.length)}'` },
    { name: '_origin', type: int, nullable: false, defaultSql: '0' },
  ]
  const stamp = physical.length - 2
  const written = Array.from({ length: stamp - first }, (_, i) => first + i)
  const relation: Relation = {
    name: `dim_${table}_history`,
    columns: physical,
    keyLength: first,
    registers: [
      { merge: 'stamped', columns: written, stamp },
      { merge: 'bits', column: stamp + 1 },
    ],
    comment: `changeover: what each event wrote to the dimension ${table}`,
  }
  return { relation, columns, at: first, set: stamp - 2, live: stamp - 1, stamp, origin: stamp + 1 }
}

/** Begins the history row of an event: its key, and when it happened. */
export function beginHistory(history: History, key: readonly Cell[], stamp: Stamp, at: Cell): Cell[] {
  const row: Cell[] = history.relation.columns.map(() => null)
  for (const [i, cell] of key.entries()) row[i] = cell
  row[key.length] = stamp.subarray(0, EVENT_BYTES)
  row[history.at] = at
  row[history.set] = 0n
  row[history.stamp] = stamp
  return row
}

/** Adds to the history row of an event what one of its operations wrote to the row itself. */
export function writeHistory(
  history: History,
  row: Cell[],
  { kind, values }: Operation,
  written: readonly Cell[],
): void {
  if (kind === 'create' || kind === 'delete') row[history.live] = kind === 'create' ? 1 : 0
  if (kind !== 'create' && kind !== 'edit') return
  for (const [bit, { name, index }] of history.columns.entries()) {
    if (kind === 'edit' && values[name] === undefined) continue
    row[history.at + 1 + bit] = written[index]!
    row[history.set] = (row[history.set] as bigint) | (1n << BigInt(bit))
  }
}

/** Whether an event wrote anything that has a history. Throws a ChangeoverError `VALUE` when it did, at no valid time. */
export function hasHistory(history: History, row: readonly Cell[]): boolean {
  if (row[history.set] === 0n && row[history.live] === null) return false
  if (row[history.at] !== null) return true
  throw new ChangeoverError(
    'VALUE',
    `The table ${history.relation.name} is a history, and the event has no valid time.`,
    {
      remedy: 'The source says in which field the time is; it must hold a Date.',
    },
  )
}
