import { bytesToText, Examples, Tally, Turns } from '../core/index.ts'
import { ledgerOf, quarantineRow, receiptRow, typeNumber, WrittenPairs, type Ledger } from '../ledger/index.ts'
import { type CompiledMigration, protectBytes, type TypeCount, unknownTypesOf } from '../mapping/index.ts'
import { mergeBatch, type Origin, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { keyOfBody, mapBatch, withRefused, type MappedEvent } from './map-batch.ts'
import type { Applied, Applier, ApplierSlice, UnreadableBody } from './port.ts'
import { writeQuarantine } from './write-quarantine.ts'
import { writeRows, type Witnesses } from './write-rows.ts'

/** An applier for one migration. `now` is the time that quarantined events are seen at. */
export function createApplier(
  migration: CompiledMigration,
  target: MergePort,
  now: () => Date = () => new Date(),
  slice?: ApplierSlice,
): Applier {
  return new MergingApplier(migration, target, now, slice)
}

class MergingApplier implements Applier {
  readonly #migration: CompiledMigration
  readonly #target: MergePort
  readonly #now: () => Date
  readonly #slice: ApplierSlice | undefined
  readonly #relations: readonly Relation[]
  readonly #ledger: Ledger
  readonly #pairs: WrittenPairs
  /** The numbers of the event types that the mapping knows. */
  readonly #numbers: ReadonlyMap<string, number>
  readonly #witnesses: Witnesses = new Map()

  constructor(migration: CompiledMigration, target: MergePort, now: () => Date, slice: ApplierSlice | undefined) {
    this.#migration = migration
    this.#target = target
    this.#now = now
    this.#slice = slice
    this.#relations = slice
      ? [...slice.tables].flatMap((table) => migration.relationsByTable.get(table) ?? [])
      : migration.relations
    this.#ledger = ledgerOf(migration)
    this.#numbers = new Map(migration.knownTypes.map((type) => [type, typeNumber(type)]))
    this.#pairs = new WrittenPairs(migration, this.#numbers)
  }

  async apply(
    bodies: readonly Uint8Array[],
    origin: Origin,
    signal?: AbortSignal,
    generation: number = this.#migration.generation,
  ): Promise<Applied> {
    const batch = await mapBatch(bodies, this.#migration.map, origin, { signal, generation })
    const { written, refused } = await writeRows(this.#target, this.#relations, batch.events, signal, this.#witnesses)
    const events = withRefused(batch.events, refused)
    const quarantined = await this.#quarantineRows(events, generation, signal)
    const unrecorded = await writeQuarantine(this.#target, this.#ledger.quarantine, quarantined, signal)
    await this.#writePairs(events, signal)
    // The receipts come last: an event that has one is durable.
    await this.#writeReceipts(await this.#completed(events, signal), generation, origin, signal)
    return { ...sumUp(events, batch.duplicates, written, this.#migration.knownTypes), unrecorded }
  }

  async quarantine(bodies: readonly UnreadableBody[], signal?: AbortSignal): Promise<number> {
    const { generation } = this.#migration
    const rows = bodies.map(({ body, reason }) => quarantineRow(keyOfBody(body), this.#now(), generation, reason, body))
    return writeQuarantine(this.#target, this.#ledger.quarantine, rows, signal)
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#merge(this.#ledger.receipts, [], signal)
  }

  #merge(relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    return this.#target.merge(relation, mergeBatch(relation, rows), { signal })
  }

  async #quarantineRows(
    events: readonly MappedEvent[],
    generation: number,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> {
    const { protect } = this.#migration
    const turns = new Turns()
    const rows: Row[] = []
    for (const { key, body, mapped } of events) {
      if (turns.isOver) await turns.next(signal)
      if (mapped.outcome !== 'quarantined') continue
      const kept = protect ? protectBytes(protect, body) : body
      rows.push(quarantineRow(key, this.#now(), generation, mapped.reason, kept))
    }
    return rows
  }

  /** Notes which tables events of which types have written to, where that is new to this applier. */
  async #writePairs(events: readonly MappedEvent[], signal: AbortSignal | undefined): Promise<void> {
    const unwritten = this.#pairs.unwritten(events)
    if (unwritten.length > 0) await this.#merge(this.#pairs.relation, unwritten, signal)
    this.#pairs.wrote(unwritten)
  }

  /** The events that no table waits for any more. */
  async #completed(events: readonly MappedEvent[], signal: AbortSignal | undefined): Promise<readonly MappedEvent[]> {
    if (!this.#slice) return events
    const keys = events.map(({ key }) => key)
    const completed = await this.#slice.complete(keys, signal)
    return events.filter(({ key }) => completed.has(bytesToText(key)))
  }

  async #writeReceipts(
    events: readonly MappedEvent[],
    generation: number,
    origin: Origin,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const rows = events.map(({ key, mapped: { position, type, outcome } }) =>
      receiptRow(key, { position, type: this.#numberOf(type), outcome }, generation, origin),
    )
    if (rows.length > 0) await this.#merge(this.#ledger.receipts, rows, signal)
  }

  #numberOf(type: string | null | undefined): number | undefined {
    return typeof type === 'string' ? (this.#numbers.get(type) ?? typeNumber(type)) : undefined
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
