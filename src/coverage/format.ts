/**
 * What observers did not capture, as they write it down beside the events. One collection holds both kinds of documents, told apart
 * by `kind`. Times of documents (`from`, `to`) are what the events themselves say; `openedAt` and `updatedAt` are the server's clock.
 * The two are never compared, except where it is said how.
 */

/** Events that are in the collection and were not captured, or were captured and not sent. */
export interface CoverageWindow {
  readonly _id: string
  readonly kind: 'window'
  readonly migration: string
  /** The observer that wrote it; nobody else changes `from`, `to` and `events`. */
  readonly instance: string
  readonly reason: string
  /** The least and the greatest time of its events; null when not known: then it may be any. */
  readonly from: Date | null
  readonly to: Date | null
  /** How many; 0 when that is not known. */
  readonly events: number
  readonly state: 'open' | 'closed' | 'healed'
  /** Raised with each write, so that nobody marks as healed what has grown meanwhile. */
  readonly writes: number
  readonly openedAt: Date
  readonly updatedAt: Date
  readonly healedAt?: Date
}

/**
 * An observer that is alive, and the window that is to be opened should it not be heard of again: were it to die just now, what it
 * has not sent would be of times from `from` to `to`.
 */
export interface Heartbeat {
  readonly _id: string
  readonly kind: 'heartbeat'
  readonly migration: string
  readonly instance: string
  readonly from: Date | null
  readonly to: Date | null
  /** How long an observer may be silent before it is taken for dead is a multiple of this, in milliseconds. */
  readonly everyMs: number
  readonly updatedAt: Date
}

/** @defaultValue of the collection's name, in the source database. */
export const DEFAULT_COVERAGE_COLLECTION = 'changeover_coverage'

/** So many intervals of silence, and an observer is taken for dead. */
export const SILENT_INTERVALS = 3

export function heartbeatId(migration: string, instance: string): string {
  return `heartbeat/${migration}/${instance}`
}

export function windowId(migration: string, instance: string, name: string): string {
  return `window/${migration}/${instance}/${name}`
}
