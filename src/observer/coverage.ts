import type { Collection } from 'mongodb'
import { recordCoverage, type CoverageDocument, type HeartbeatRecord, type WindowRecord } from '../coverage/index.ts'
import { waitAtMost } from '../core/index.ts'
import type { Captured } from './tap.ts'
import { TimeRange } from './time-range.ts'

/** A window that is longer than this is closed and followed by another, so that a healed hour is not healed again. */
const MAX_WINDOW_MS = 60 * 60 * 1000

/** What the recorder needs to know, and tells. */
export interface CoverageRecorderOptions {
  readonly collection: () => Collection<CoverageDocument>
  readonly migration: string
  readonly instance: string
  readonly heartbeatMs: number
  /** Adds the times of all events that are on their way. */
  readonly pending: (range: TimeRange) => void
  /** Told when writing begins to fail, and, with undefined, when it works again. */
  readonly trouble: (thrown: unknown) => void
}

/** What is missed for one reason, while it is being missed. */
interface Open {
  readonly id: string
  readonly reason: string
  readonly range: TimeRange
  readonly since: number
  isWritten: boolean
  isDirty: boolean
  grew: boolean
}

/**
 * Records what is not captured, as windows of document time by reason, and a heartbeat, so that a crash of this process becomes a
 * window too. An event costs a comparison or two; the recorder writes every few seconds, in the background.
 *
 * A window is closed when something was captured since the last write and nothing was missed for its reason.
 */
export class CoverageRecorder {
  readonly #options: CoverageRecorderOptions
  readonly #open = new Map<string, Open>()
  /** Closed, and not written so yet. */
  #closed: Open[] = []
  #waiting: (() => void)[] = []
  #windows = 0
  #hasCaptured = false
  /** How far documents' times lie behind and ahead of this host's clock, at most, in milliseconds. */
  #behind = 0
  #ahead = 0
  #isTimed = true
  #isFailing = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(options: CoverageRecorderOptions) {
    this.#options = options
  }

  /** Whether there is something that has been missed and is not written down yet. */
  get isBehind(): boolean {
    return this.#closed.length > 0 || [...this.#open.values()].some(({ isDirty }) => isDirty)
  }

  /** Begins with a heartbeat, at once but not within the caller's own turn. */
  start(): void {
    this.#timer = setTimeout(() => void this.#tick(), 0).unref()
  }

  captured(events: readonly Captured[]): void {
    this.#hasCaptured = true
    this.#see(events)
  }

  missed(reason: string, events: readonly Captured[]): void {
    this.#see(events)
    const { range } = this.#grow(reason)
    range.addAll(events)
  }

  missedRange(reason: string, missed: TimeRange): void {
    this.#grow(reason).range.merge(missed)
  }

  missedBetween(reason: string, from: Date | undefined, to: Date | undefined): void {
    const { range } = this.#grow(reason)
    if (from && to) range.stretch(from.getTime(), to.getTime())
    else range.forget()
  }

  /** Calls back once all that has been missed so far is written down. */
  whenRecorded(recorded: () => void): void {
    if (this.isBehind || this.#writing) this.#waiting.push(recorded)
    else recorded()
  }

  /** Writes what it has, with all windows closed, and takes the heartbeat away. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    clearTimeout(this.#timer)
    const last = async (): Promise<void> => {
      await this.#writing
      clearTimeout(this.#timer)
      for (const reason of this.#open.keys()) this.#shut(reason)
      this.#isOver = true
      await this.#write()
    }
    await waitAtMost(timeoutMs, last())
    this.#isOver = true
  }

  #see(events: readonly Captured[]): void {
    const now = Date.now()
    for (const { time } of events) {
      if (time === undefined) this.#isTimed = false
      else {
        const behind = now - time.getTime()
        if (behind > this.#behind) this.#behind = behind
        else if (-behind > this.#ahead) this.#ahead = -behind
      }
    }
  }

  #grow(reason: string): Open {
    const known = this.#open.get(reason)
    const open: Open = known ?? {
      id: String(++this.#windows),
      reason,
      range: new TimeRange(),
      since: performance.now(),
      isWritten: false,
      isDirty: true,
      grew: true,
    }
    if (!known) this.#open.set(reason, open)
    open.isDirty = true
    open.grew = true
    return open
  }

  async #tick(): Promise<void> {
    if (this.#isOver) return
    for (const open of this.#open.values()) {
      const isOld = performance.now() - open.since > MAX_WINDOW_MS
      if ((!open.grew && this.#hasCaptured) || (isOld && open.isWritten)) this.#shut(open.reason)
      open.grew = false
    }
    this.#hasCaptured = false
    this.#writing = this.#write()
    await this.#writing
    this.#writing = undefined
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#tick(), this.#options.heartbeatMs).unref()
  }

  #shut(reason: string): void {
    const open = this.#open.get(reason)
    if (!open) return
    this.#open.delete(reason)
    this.#closed.push(open)
  }

  async #write(): Promise<void> {
    const { collection, migration, instance, trouble } = this.#options
    const closed = this.#closed
    const dirty = [...this.#open.values()].filter(({ isDirty }) => isDirty)
    const waiting = this.#waiting
    this.#waiting = []
    const windows = [
      ...closed.map((window) => recordOf(window, 'closed')),
      ...dirty.map((window) => recordOf(window, 'open')),
    ]
    const heartbeat = this.#heartbeat()
    for (const window of dirty) window.isDirty = false
    try {
      await recordCoverage(collection(), { migration, instance }, windows, heartbeat)
      this.#closed = this.#closed.filter((window) => !closed.includes(window))
      for (const window of dirty) window.isWritten = true
      for (const recorded of waiting) recorded()
      if (this.#isFailing) trouble(undefined)
      this.#isFailing = false
    } catch (thrown) {
      for (const window of dirty) window.isDirty = true
      this.#waiting = [...waiting, ...this.#waiting]
      // Of its windows one is kept for each reason, however long this lasts.
      for (const window of closed) this.#reopen(window)
      if (!this.#isFailing) trouble(thrown)
      this.#isFailing = true
    }
  }

  #reopen(window: Open): void {
    if (this.#isOver) return
    const successor = this.#open.get(window.reason)
    if (successor?.isWritten) return
    if (successor) window.range.merge(successor.range)
    this.#open.set(window.reason, window)
    window.isDirty = true
    this.#closed = this.#closed.filter((other) => other !== window)
  }

  /** What would be missed if this process ended now. */
  #heartbeat(): HeartbeatRecord {
    const { heartbeatMs, pending } = this.#options
    if (this.#isOver) return { kind: 'ended' }
    const now = Date.now()
    const range = new TimeRange()
    pending(range)
    range.stretch(now - this.#behind, now + this.#ahead)
    if (!this.#isTimed) range.forget()
    const { from, to } = range
    return { kind: 'alive', from, to, everyMs: heartbeatMs }
  }
}

function recordOf({ id, reason, range, isWritten }: Open, state: WindowRecord['state']): WindowRecord {
  const { from, to, events } = range
  return { name: id, reason, from, to, events, state, isNew: !isWritten }
}
