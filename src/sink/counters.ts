/** Counts over messages and their events. */
export interface MessageCounts {
  /** Messages whose work is done: they may be acknowledged. */
  readonly messages: number
  /** Events in those messages, each as often as it was received. */
  readonly received: number
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  /** Of the quarantined: those of types that the mapping neither handles nor ignores. */
  readonly unmapped: number
  /** Events that repeated an earlier one of their batch. The merge absorbs those that come again later. */
  readonly duplicates: number
  /** Messages that could not be read; they are in the quarantine. */
  readonly malformed: number
  /** Of the quarantined and malformed: those that the warehouse did not take even without their body, so that only the count remains. */
  readonly unrecorded: number
  /** Rows sent to the warehouse. */
  readonly rows: number
}

/** The counts of a sink since it was created. */
export interface SinkCounters extends MessageCounts {
  /**
   * Messages whose lease ended while they were worked on, so that another sink may have received them too. That does no harm,
   * but work is repeated: raise `visibilitySeconds` or lower `batchMessages` when it happens often.
   */
  readonly leasesLost: number
}

export const MESSAGE_COUNTS: readonly (keyof MessageCounts)[] = [
  'messages',
  'received',
  'applied',
  'ignored',
  'quarantined',
  'unmapped',
  'duplicates',
  'malformed',
  'unrecorded',
  'rows',
]
