import { bytesToText, Examples, Tally, Turns } from '../core/index.ts'
import { ledgerOf, quarantineRow, receiptRow, typeNumber, WrittenPairs } from '../ledger/index.ts'
import {
  type CompiledMigration,
  protectBytes,
  type TypeCount,
  unknownTypesOf,
  type UnknownTypes,
} from '../mapping/index.ts'
import { mergeBatch, type Origin, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { keyOfBody, mapBatch, withRefused, type MappedEvent } from './map-batch.ts'
import { writeQuarantine } from './write-quarantine.ts'
import { writeRows, type Witnesses } from './write-rows.ts'

/** Brings batches of events into the warehouse. The one way in, for the sink, the migration and repairs. */
export interface Applier {
  /**
   * Applies events, given as BSON. When it resolves, each is durable: its rows, or its place in the quarantine, and then
   * its receipt. Safe to repeat, in part or as a whole, in any order, from anywhere. Rejects with a ChangeoverError when the
   * warehouse cannot be used; some of the rows may then be there, which does no harm.
   *
   * @param generation that of the definition which captured the events, when it let other fields pass; else the migration's own
   */
  apply(events: readonly Uint8Array[], origin: Origin, signal?: AbortSignal, generation?: number): Promise<Applied>
  /**
   * Puts bodies that are not events into the quarantine. Gives the number of those that the warehouse did not take. Safe to
   * repeat. Rejects as `apply` does.
   */
  quarantine(bodies: readonly UnreadableBody[], signal?: AbortSignal): Promise<number>
  /** Resolves when the warehouse takes writes. Rejects as `apply` does. */
  check(signal?: AbortSignal): Promise<void>
}

/** A body that is not an event, and why. */
export interface UnreadableBody {
  readonly body: Uint8Array
  readonly reason: string
}

/** What became of a batch. */
export interface Applied extends UnknownTypes {
  /** Distinct events by outcome. */
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  /** Of the quarantined: those with a receipt only, because the warehouse did not take even a row without their body. */
  readonly unrecorded: number
  /** Events that repeated an earlier one of the batch. */
  readonly duplicates: number
  /** Rows sent to the warehouse, after those of one key were merged. */
  readonly rows: number
  /** Why events were quarantined: the first few reasons, for the log. */
  readonly reasons: readonly string[]
}

/** Limits what an applier writes to some tables. */
export interface ApplierSlice {
  /** Their names. */
  readonly tables: ReadonlySet<string>
  /** Those of these events, by the texts of their keys, that no other table waits for: they get receipts. */
  complete(keys: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<ReadonlySet<string>>
}

/** An applier for one migration. `now` is the time that quarantined events are seen at. */
export function createApplier(
  migration: CompiledMigration,
  target: MergePort,
  now: () => Date = () => new Date(),
  slice?: ApplierSlice,
): Applier {
  const { map, protect, knownTypes, generation: own } = migration
  const relations = slice
    ? [...slice.tables].flatMap((table) => migration.relationsByTable.get(table) ?? [])
    : migration.relations
  const { receipts, quarantine } = ledgerOf(migration)
  const numbers = new Map(knownTypes.map((type) => [type, typeNumber(type)]))
  const pairs = new WrittenPairs(migration, numbers)
  const numberOf = (type: string | null | undefined): number | undefined =>
    typeof type === 'string' ? (numbers.get(type) ?? typeNumber(type)) : undefined
  const witnesses: Witnesses = new Map()

  const merge = (relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> =>
    target.merge(relation, mergeBatch(relation, rows), { signal })

  const quarantineRows = async (
    events: readonly MappedEvent[],
    generation: number,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> => {
    const turns = new Turns()
    const rows: Row[] = []
    for (const { key, body, mapped } of events) {
      if (turns.isOver) await turns.next(signal)
      if (mapped.outcome !== 'quarantined') continue
      rows.push(quarantineRow(key, now(), generation, mapped.reason, protect ? protectBytes(protect, body) : body))
    }
    return rows
  }

  return {
    async apply(bodies, origin, signal, generation = own) {
      const batch = await mapBatch(bodies, map, origin, { signal, generation })
      const { written, refused } = await writeRows(target, relations, batch.events, signal, witnesses)
      const events = withRefused(batch.events, refused)
      const unrecorded = await writeQuarantine(
        target,
        quarantine,
        await quarantineRows(events, generation, signal),
        signal,
      )
      const unwritten = pairs.unwritten(events)
      if (unwritten.length > 0) await merge(pairs.relation, unwritten, signal)
      pairs.wrote(unwritten)
      const isComplete =
        slice &&
        (await slice.complete(
          events.map(({ key }) => key),
          signal,
        ))
      const done = isComplete ? events.filter(({ key }) => isComplete.has(bytesToText(key))) : events
      // The receipts come last: an event that has one is durable.
      const receiptRows = done.map(({ key, mapped: { position, type, outcome } }) =>
        receiptRow(key, { position, type: numberOf(type), outcome }, generation, origin),
      )
      if (receiptRows.length > 0) await merge(receipts, receiptRows, signal)
      return { ...sumUp(events, batch.duplicates, written, knownTypes), unrecorded }
    },

    async quarantine(bodies, signal) {
      const rows = bodies.map(({ body, reason }) => quarantineRow(keyOfBody(body), now(), own, reason, body))
      return writeQuarantine(target, quarantine, rows, signal)
    },

    check: (signal) => merge(receipts, [], signal),
  }
}

function sumUp(
  events: readonly MappedEvent[],
  duplicates: number,
  rows: number,
  knownTypes: readonly string[],
): Omit<Applied, 'unrecorded'> {
  const { counts } = new Tally(['applied', 'ignored', 'quarantined'])
  const reasons = new Examples()
  const types: TypeCount[] = []
  for (const { mapped } of events) {
    counts[mapped.outcome]++
    if (mapped.outcome !== 'quarantined') continue
    reasons.add([mapped.reason])
    if (mapped.type !== undefined) types.push({ type: mapped.type, events: 1 })
  }
  return { ...counts, duplicates, rows, reasons: reasons.list, ...unknownTypesOf(types, knownTypes) }
}
