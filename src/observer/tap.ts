/** A captured event: its BSON bytes and its own time. */
export interface Captured {
  readonly bytes: Uint8Array
  /** The value of the source's `time` field; undefined when it is not a Date. Coverage uses it, because the clocks of hosts differ. */
  readonly time: Date | undefined
  /** Why the event must not be sent; undefined for one that must. */
  readonly skipped?: Skip
}

/** Why an event of a handled type was not serialised. */
export type SkipReason = 'not-ready' | 'flag-off' | 'without-id' | 'not-serialisable' | 'oversize'

export interface Skip {
  readonly reason: SkipReason
  readonly detail: string
}

/** Why a tap lost track of documents that it had taken. */
export type LossReason = 'outcome-unknown' | 'too-many-in-flight' | 'upsert-unknown' | 'token-lost'

/** Receives captured documents. It is called synchronously, within the host's own work, so it is fast and never throws. */
export interface Capture {
  /** Serialises a document; undefined when it is not wanted. The document may be the caller's own, which may change it afterwards. */
  take(document: object): Captured | undefined
  /**
   * Reports documents that the database has accepted, in the order of their insert. `settled` is called once, when each of them is
   * durable in the queue or recorded as missed. Until then, the tap must be able to read them again.
   */
  commit(events: readonly Captured[], settled?: () => void): void
  /** Reports documents that were taken and whose outcome will not be known. */
  lose(events: readonly Captured[], reason: LossReason): void
  /** Reports a part of the stream that was not seen. `from` and `to` are times of documents, where they are known. */
  missedBetween(from: Date | undefined, to: Date | undefined, reason: LossReason): void
  /** Whether so much is waiting to be sent that a tap that can wait should. */
  readonly isFull: boolean
  /** Resolves when `isFull` is false again, or the signal aborts. Never rejects. */
  whenRoom(signal: AbortSignal): Promise<void>
  /** Reports a failure of the tap itself, which is logged; the host does not see it. */
  fail(thrown: unknown): void
}

/** A way to observe inserts. The observer calls `start` once, then `stop`, then `save`. */
export interface Tap {
  /** Begins to observe. Throws only a ChangeoverError `CONFIG`, when the client cannot be tapped. */
  start(capture: Capture): void
  /** Stops observing. When it resolves, the tap has reported what it lost track of. Never rejects; idempotent. */
  stop(): Promise<void>
  /** Stores how far everything is settled, for a tap that is started later. Called after `stop`. Never rejects. */
  save?(): Promise<void>
}

/** The collection whose inserts are observed. */
export interface Namespace {
  readonly database: string
  readonly collection: string
}
