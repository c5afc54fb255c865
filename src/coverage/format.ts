/**
 * What observers did not capture, recorded in a collection next to the events. It holds two kinds of documents, told apart by `kind`.
 * `from` and `to` are times of events; `openedAt` and `updatedAt` are by the server's clock. A comment explains each place where the
 * two are compared.
 */

/** Events that are in the collection and were not captured, or were captured and not sent. */
export interface CoverageWindow {
  readonly _id: string
  readonly kind: 'window'
  readonly migration: string
  /** The observer that wrote it. Only that observer changes `from`, `to` and `events`. */
  readonly instance: string
  readonly reason: string
  /** The earliest and the latest time of its events; null when it is not known. */
  readonly from: Date | null
  readonly to: Date | null
  /** How many events; 0 when that is not known. */
  readonly events: number
  readonly state: 'open' | 'closed' | 'healed'
  /** Raised with each write, so that a window that has grown in the meantime is not marked as healed. */
  readonly writes: number
  readonly openedAt: Date
  readonly updatedAt: Date
  readonly healedAt?: Date
}

/** An observer that is alive. If it dies now, the events that it has not sent are of times from `from` to `to`. */
export interface Heartbeat {
  readonly _id: string
  readonly kind: 'heartbeat'
  readonly migration: string
  readonly instance: string
  readonly from: Date | null
  readonly to: Date | null
  /** How often it is written, in milliseconds. */
  readonly everyMs: number
  readonly updatedAt: Date
}

/** The default name of the collection, in the source database. */
export const DEFAULT_COVERAGE_COLLECTION = 'changeover_coverage'

/** After how many intervals without a heartbeat an observer counts as dead. */
export const SILENT_INTERVALS = 3

/** The reasons of windows whose events the database may still write after the window was recorded. */
export const UNSETTLED_REASONS: ReadonlySet<string> = new Set([
  'outcome-unknown',
  'too-many-in-flight',
  'upsert-unknown',
])

export type CoverageDocument = CoverageWindow | Heartbeat

export function heartbeatId(migration: string, instance: string): string {
  return `heartbeat/${migration}/${instance}`
}

export function windowId(migration: string, instance: string, name: string): string {
  return `window/${migration}/${instance}/${name}`
}
