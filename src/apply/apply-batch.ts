import { hash } from 'node:crypto'
import { ChangeoverError, messageOf } from '../core/index.ts'
import { decodeEvent } from '../event/index.ts'
import { type CompiledMigration, type Mapped, type Mapper, protectBytes } from '../mapping/index.ts'
import { mergeBatch, type Origin, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { ledgerOf, quarantineRow, receiptRow, type Outcome } from '../ledger/index.ts'

/** Brings batches of events into the warehouse. The one way in, for the sink, the migration and repairs. */
export interface Applier {
  /**
   * Applies events, given as BSON. When it resolves, each is durable: its rows, or its place in the quarantine, and then
   * its receipt. Safe to repeat, in part or whole, in any order, from anywhere. Rejects with a ChangeoverError when the
   * warehouse cannot be used; some of the rows may then be there, which does no harm.
   */
  apply(events: readonly Uint8Array[], origin: Origin, signal?: AbortSignal): Promise<Applied>
  /** Puts something that is not an event into the quarantine, with the reason. */
  refuse(bodies: readonly { readonly body: Uint8Array; readonly reason: string }[], signal?: AbortSignal): Promise<void>
}

/** What a batch came to. */
export interface Applied {
  /** Distinct events by outcome. */
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  /** Events that stood in the batch more than once. */
  readonly duplicates: number
  /** Rows sent to the warehouse, after merging those of one key. */
  readonly rows: number
  /** Why events were quarantined: the first few, for the log. */
  readonly reasons: readonly string[]
}

export function createApplier(
  migration: CompiledMigration,
  target: MergePort,
  now: () => Date = () => new Date(),
): Applier {
  const { map, protect, relations } = migration
  const { receipts, quarantine } = ledgerOf(migration)

  return {
    async apply(events, origin, signal) {
      const { entries, duplicates } = mapAll(events, map, origin)
      const rows = await writeRows(entries, signal)
      const refused = entries.filter((entry) => entry.mapped.outcome === 'quarantined')
      await target.merge(quarantine, mergeBatch(quarantine, refused.map(quarantined)), { signal })
      await target.merge(
        receipts,
        mergeBatch(
          receipts,
          entries.map((entry) => receipt(entry, origin)),
        ),
        { signal },
      )
      return tally(entries, duplicates, rows)
    },
    async refuse(bodies, signal) {
      const rows = bodies.map(({ body, reason }) =>
        quarantineRow(keyOfBody(body), now(), migration.revision, reason, body),
      )
      await target.merge(quarantine, mergeBatch(quarantine, rows), { signal })
    },
  }

  async function writeRows(entries: readonly Entry[], signal: AbortSignal | undefined): Promise<number> {
    const rows = new Map<Relation, Row[]>(relations.map((relation) => [relation, []]))
    for (const { mapped } of entries) {
      if (mapped.outcome !== 'applied') continue
      for (const { relation, row } of mapped.rows) rows.get(relation)!.push(row)
    }
    let written = 0
    try {
      for (const [relation, of] of rows) {
        const merged = mergeBatch(relation, of)
        await target.merge(relation, merged, { signal })
        written += merged.length
      }
      return written
    } catch (thrown) {
      if (!(thrown instanceof ChangeoverError) || thrown.code !== 'VALUE') throw thrown
      return isolate(entries, thrown, signal)
    }
  }

  // The server refused a value that the definitions let pass. What is written is written, and may be written again: halve
  // the batch until the one event that is to blame stands alone.
  async function isolate(
    entries: readonly Entry[],
    thrown: ChangeoverError,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const [only] = entries
    if (entries.length === 1 && only) {
      const { key, position } = only.mapped
      only.mapped = { outcome: 'quarantined', key, position, type: undefined, reason: thrown.message }
      return 0
    }
    const middle = Math.ceil(entries.length / 2)
    return (await writeRows(entries.slice(0, middle), signal)) + (await writeRows(entries.slice(middle), signal))
  }

  function quarantined(entry: Entry): Row {
    const reason = entry.mapped.outcome === 'quarantined' ? entry.mapped.reason : ''
    const body = protect ? protectBytes(protect, entry.body) : entry.body
    return quarantineRow(entry.key, now(), migration.revision, reason, body)
  }

  function receipt({ key, mapped }: Entry, origin: Origin): Row {
    return receiptRow(key, mapped.position, mapped.outcome, migration.revision, origin)
  }
}

interface Entry {
  readonly key: Uint8Array
  readonly body: Uint8Array
  mapped: Mapped
}

function mapAll(
  events: readonly Uint8Array[],
  mapper: Mapper,
  origin: Origin,
): { entries: Entry[]; duplicates: number } {
  const entries = new Map<string, Entry>()
  for (const body of events) {
    const mapped = mapOne(body, mapper, origin)
    const key = mapped.key ?? keyOfBody(body)
    const text = Buffer.from(key).toString('latin1')
    if (!entries.has(text)) entries.set(text, { key, body, mapped })
  }
  return { entries: [...entries.values()], duplicates: events.length - entries.size }
}

function mapOne(body: Uint8Array, mapper: Mapper, origin: Origin): Mapped {
  try {
    return mapper(decodeEvent(body), origin)
  } catch (thrown) {
    const reason = `The event is not BSON: ${messageOf(thrown)}.`
    return { outcome: 'quarantined', key: undefined, position: undefined, type: undefined, reason }
  }
}

/** Stands in for the key of an event that has none: equal bytes are one event. */
function keyOfBody(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0xfe), hash('sha256', body, 'buffer')])
}

function tally(entries: readonly Entry[], duplicates: number, rows: number): Applied {
  const count = (outcome: Outcome): number => entries.filter((entry) => entry.mapped.outcome === outcome).length
  const reasons = entries.flatMap(({ mapped }) => (mapped.outcome === 'quarantined' ? [mapped.reason] : []))
  return {
    applied: count('applied'),
    ignored: count('ignored'),
    quarantined: count('quarantined'),
    duplicates,
    rows,
    reasons: [...new Set(reasons)].slice(0, 5),
  }
}
