import type { UnknownTypes } from '../mapping/index.ts'
import type { Origin } from '../star/index.ts'

/** Applies batches of events to the warehouse. The only way in, for the sink, the migration and repairs. */
export interface Applier {
  /**
   * Applies events, given as BSON. When it resolves, each is durable: its rows, or its place in the quarantine, and then
   * its receipt. Safe to repeat, in part or as a whole, in any order, from anywhere. Rejects with a ChangeoverError when the
   * warehouse cannot be used; some of the rows may then be there, which does no harm.
   *
   * @param generation the generation of the definition that captured the events, where that let other fields leave the host; by default
   * the migration's own
   */
  apply(events: readonly Uint8Array[], origin: Origin, signal?: AbortSignal, generation?: number): Promise<Applied>
  /**
   * Puts bodies that are not events into the quarantine. Resolves to the number of those that the warehouse did not take. Safe to
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
  /** The texts of the keys of those events that no other table waits for: these get receipts. */
  complete(keys: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<ReadonlySet<string>>
}
