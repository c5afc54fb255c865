import type { TypeCount } from '../mapping/index.ts'

/**
 * Part of a source, as it is written into a checkpoint. Only the source that cut it reads its bounds: ids for a database, offsets for
 * a file, or whatever else BSON can hold.
 */
export interface Range {
  /** Where it begins, included; undefined for the beginning of the source. */
  readonly from: unknown
  /** Where it ends, not included; undefined for the end of the source. */
  readonly before: unknown
}

/** Options that every method of a source takes. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link EventSource.types}. */
export interface TypesOptions extends AskOptions {
  /**
   * Counts no events before this time.
   *
   * @defaultValue null, which is no bound
   */
  readonly from?: Date | null
  /**
   * Counts no events after this time.
   *
   * @defaultValue null, which is no bound
   */
  readonly to?: Date | null
}

/** Options of {@link EventSource.read}. */
export interface ReadOptions extends AskOptions {
  /** The most events in one batch. */
  readonly batchEvents: number
  /** The most bytes of events in one batch, which holds one event at least. Bounds the memory that a reader takes. */
  readonly batchBytes: number
}

/**
 * Where a migration reads events: a collection, files, memory.
 *
 * To an implementer:
 * - An event is its BSON bytes; an id is the BSON value of its `_id`, of any type.
 * - `ranges`, `read`, `byIds` and `idsBetween` cover only events of handled types; `count` and `types` count all events.
 * - A caller may call several methods at the same time, in any order, and again after a failure. `read`, `byIds` and `idsBetween` open nothing
 *   before the first item is requested, and release what they opened when the caller stops early.
 * - Events may be added at any time, also in a part that was already read. The caller finds them by comparing `idsBetween` with what it
 *   has applied.
 * - Every method rejects with a ChangeoverError: `CONFIG` when the source does not exist (an empty source exists), `DENIED` or
 *   `UNREACHABLE`. Once the signal has aborted, it rejects with the signal's reason.
 */
export interface EventSource {
  /** Its name in messages: `app.events`. */
  readonly name: string
  /** At most `wanted` ranges that together hold every event, each in exactly one. */
  ranges(wanted: number, options?: AskOptions): Promise<readonly Range[]>
  /**
   * The events of a range in batches, in an order that is the same on each call: by id where the source has them sorted. `after` is
   * the id of the last event of this range that the caller has dealt with, or undefined: reading resumes there. That event itself may
   * come again.
   */
  read(range: Range, after: unknown, options: ReadOptions): AsyncIterable<readonly Uint8Array[]>
  /** The events with these ids, in any order, in batches; ids without an event are skipped. */
  byIds(ids: readonly unknown[], options: ReadOptions): AsyncIterable<readonly Uint8Array[]>
  /**
   * The ids of events whose time lies between two instants, both included, in batches of bounded size. null is no bound; an event
   * without a time is listed only when there are no bounds at all.
   */
  idsBetween(from: Date | null, to: Date | null, options?: AskOptions): AsyncIterable<readonly unknown[]>
  /** About how many events there are. */
  count(options?: AskOptions): Promise<number>
  /**
   * How many events there are of each type, each type once, in any order. May read the whole source. Bounds mean the same as for
   * `idsBetween`.
   */
  types(options?: TypesOptions): Promise<readonly TypeCount[]>
}
