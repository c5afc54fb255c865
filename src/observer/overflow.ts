import type { Sender } from '../event/index.ts'
import type { Captured } from './tap.ts'
import type { TimeRange } from './time-range.ts'

/** Events that come back, and whose definition captured them. */
export interface Spilled {
  readonly events: readonly Captured[]
  readonly sender: Sender
}

/** Where events go that the buffer has no room for, and come back from when it has. */
export interface Overflow {
  /** Takes an event over; false when there is no room here either. Synchronous, and never throws. */
  add(event: Captured): boolean
  /** Whether `read` has something to give. */
  readonly hasMore: boolean
  /** The next events; the same ones until `sent`. None when it cannot be read: then what it holds has been told to be lost. */
  read(maxEvents: number, maxBytes: number): Promise<Spilled>
  /** Forgets what the last `read` gave. Never rejects. */
  sent(): Promise<void>
  /** The times of the events that were added and not sent. */
  pending(range: TimeRange): void
}
