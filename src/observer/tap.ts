/** An event on its way out: its BSON bytes, and the time that the document itself says. */
export interface Captured {
  readonly bytes: Uint8Array
  /** The value of the source's `time` field; undefined when it holds no Date. What coverage goes by: the clocks of hosts differ. */
  readonly time: Date | undefined
  /** Why the event is not to be sent; undefined for one that is. */
  readonly skipped?: Skip
}

/** Why an event that the mapping handles was not serialised. */
export type SkipReason = 'not-ready' | 'flag-off' | 'without-id' | 'not-serialisable' | 'oversize'

export interface Skip {
  readonly reason: SkipReason
  readonly detail: string
}

/** Why a tap had to let go of documents that it had taken. */
export type LossReason = 'outcome-unknown' | 'too-many-in-flight' | 'upsert-unknown' | 'token-lost'

/** Where captured documents go. Called synchronously, inside the host's own work: it must be quick, and it never throws. */
export interface Capture {
  /** Serialises a document; undefined when it is not wanted. The document may be the caller's own, and change a moment later. */
  take(document: object): Captured | undefined
  /**
   * The documents that the database has accepted, in the order of their insert. `settled` is called once, when each of them is
   * durable further down or recorded as missed: only then may a tap forget how to come back to them.
   */
  commit(events: readonly Captured[], settled?: () => void): void
  /** Documents that were taken and cannot be followed any further. */
  lose(events: readonly Captured[], reason: LossReason): void
  /** A stretch of the stream that was not seen at all: from and to are times of documents, as far as they are known. */
  missedBetween(from: Date | undefined, to: Date | undefined, reason: LossReason): void
  /** Whether more than a tap that can wait should hand over is waiting to be sent. */
  readonly isFull: boolean
  /** Resolves when `isFull` is no longer so, or the signal aborts. Never rejects. */
  whenRoom(signal: AbortSignal): Promise<void>
  /** Something in the tap itself failed; the host never hears of it. */
  fail(thrown: unknown): void
}

/** A way to see inserts. Started once and stopped once, by the observer. */
export interface Tap {
  /** Throws a ChangeoverError `CONFIG` when the client cannot be tapped; nothing else. */
  start(capture: Capture): void
  /** Sees nothing any more, and has told of what it could not follow. Never rejects; idempotent. */
  stop(): Promise<void>
  /** Remembers how far everything is settled, where that is of use to a later one: called after `stop`. Never rejects. */
  save?(): Promise<void>
}

/** Where the inserts to be seen go. */
export interface Namespace {
  readonly database: string
  readonly collection: string
}
