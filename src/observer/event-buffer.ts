import type { PublisherLimits } from './limits.ts'
import type { Captured } from './tap.ts'
import type { TimeRange } from './time-range.ts'

/** An event in the buffer. */
export interface Buffered {
  readonly event: Captured
  /** When it was added, by a clock that never goes back. */
  readonly at: number
  /** Called once the event is sent or dropped. */
  readonly settled: (() => void) | undefined
}

/** The events that wait to be sent or are being sent, within bounds of number and bytes. */
export class EventBuffer {
  readonly #limits: PublisherLimits
  readonly #waitingForRoom = new Set<() => void>()
  #waiting: Buffered[] = []
  /** Taken to be sent, and neither sent nor dropped yet. */
  readonly #sending = new Set<Buffered>()
  #bytes = 0

  constructor(limits: PublisherLimits) {
    this.#limits = limits
  }

  /** How many events wait to be sent, or are being sent. */
  get size(): number {
    return this.#waiting.length + this.#sending.size
  }

  /** The bytes of those events. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether events wait that are not being sent. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether a round of sending would be full. */
  get isBatchFull(): boolean {
    return this.#waiting.length >= this.#limits.batchEvents || this.#bytes >= this.#limits.batchBytes
  }

  /** Whether the buffer is half full, which is when a tap that can wait should. */
  get isHalfFull(): boolean {
    return this.size >= this.#limits.bufferEvents / 2 || this.#bytes >= this.#limits.bufferBytes / 2
  }

  /** How long the oldest event has been in the buffer, in milliseconds; 0 when it is empty. */
  get lagMs(): number {
    const [oldest = this.#waiting[0]] = this.#sending
    return oldest === undefined ? 0 : performance.now() - oldest.at
  }

  /** Adds an event; false when there is no room. */
  add(buffered: Buffered): boolean {
    const { length } = buffered.event.bytes
    if (this.size >= this.#limits.bufferEvents || this.#bytes + length > this.#limits.bufferBytes) return false
    this.#waiting.push(buffered)
    this.#bytes += length
    return true
  }

  /** The events of the next round of sending. They stay in the buffer until they are removed. */
  take(): Buffered[] {
    let [count, bytes] = [0, 0]
    for (const { event } of this.#waiting) {
      bytes += event.bytes.length
      if (count > 0 && bytes > this.#limits.batchBytes) break
      if (++count === this.#limits.batchEvents) break
    }
    const batch = this.#waiting.splice(0, count)
    for (const buffered of batch) this.#sending.add(buffered)
    return batch
  }

  /** Removes events that were taken. Events that were never in the buffer, such as those read from a file, do not count. */
  remove(events: readonly Buffered[]): void {
    for (const buffered of events) {
      if (this.#sending.delete(buffered)) this.#bytes -= buffered.event.bytes.length
    }
  }

  /** Empties the buffer and gives what was in it. */
  clear(): Buffered[] {
    const all = [...this.#sending, ...this.#waiting]
    this.#waiting = []
    this.#sending.clear()
    this.#bytes = 0
    return all
  }

  /** Resolves when the buffer is no longer half full, or the signal aborts. Never rejects. */
  async whenRoom(signal: AbortSignal): Promise<void> {
    if (!this.isHalfFull || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = (): void => resolve()
    this.#waitingForRoom.add(done)
    signal.addEventListener('abort', done, { once: true })
    await promise
    signal.removeEventListener('abort', done)
    this.#waitingForRoom.delete(done)
  }

  /** Ends the waits of {@link whenRoom} when the buffer is no longer half full. */
  announceRoom(): void {
    if (!this.isHalfFull) for (const done of this.#waitingForRoom) done()
  }

  /** Adds the times of all events in the buffer. */
  pending(range: TimeRange): void {
    for (const { event } of this.#waiting) range.add(event.time)
    for (const { event } of this.#sending) range.add(event.time)
  }
}
