import type { ChangeoverError } from '../core/index.ts'
import type { Migration, TypeCount } from '../mapping/index.ts'
import type { MessageCounts, SinkCounters } from './counters.ts'

/** A message that is passed to `handle`. */
export interface SinkMessage {
  /** Names the message in the result; unique within one call. */
  readonly id: string
  readonly body: string
}

/** What became of the messages of one call of `handle`. */
export interface HandledMessages {
  /** Counts over the messages whose work is done. */
  readonly counts: MessageCounts
  /** The ids of the messages that were not applied and must come again. All others may be acknowledged. */
  readonly failed: readonly string[]
  /** Why those failed; undefined when none did. */
  readonly error: ChangeoverError | undefined
}

/** A worker between a queue and a warehouse. Any number may run, anywhere, on one queue. */
export interface Sink {
  readonly migration: Migration
  /** The generation under which it works; undefined until it has found its definition in the warehouse. */
  readonly generation: number | undefined
  /** Counts since the sink was created, up to date whenever they are read. */
  readonly counters: SinkCounters
  /**
   * The types of the events in `counters.unmapped`, the most frequent first; 20 at most. Write a handler for each, or map it to
   * `'ignore'`.
   */
  readonly unknownTypes: readonly TypeCount[]
  /**
   * Works until the signal aborts, then finishes the current batch within `graceMs` and resolves. While the warehouse or the
   * queue fails in a way that is not known to be permanent, and while the definition of the migration is not applied to the
   * warehouse, it waits and tries again.
   *
   * @throws {@link ChangeoverError} when waiting would not help: `DENIED`, `SCHEMA`, `CONFIG`, `UNEXPECTED`. The messages are
   * back in the queue then. Nothing else is thrown.
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /**
   * Applies messages that someone else received, in batches of `batchMessages`, without retries. When the warehouse cannot be
   * used, the messages of that batch and of all further ones have failed; so have all messages, with `UNREGISTERED`, while the
   * definition of the migration is not applied to it.
   */
  handle(messages: readonly SinkMessage[], signal?: AbortSignal): Promise<HandledMessages>
}
