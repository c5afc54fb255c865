import type { Sender } from '../event/index.ts'
import { Breaker, type BreakerState, waitAtMost } from '../core/index.ts'
import { ABORT_GRACE_MS, EventSender, type EventOutcome, type QueueSender } from '../queue/index.ts'
import { EventBuffer, type Buffered } from './event-buffer.ts'
import type { PublisherLimits } from './limits.ts'
import type { Overflow } from './overflow.ts'
import type { Captured } from './tap.ts'
import type { TimeRange } from './time-range.ts'

/** Why an event was not published. `spilled`: it is in a file, for a later observer. */
export type DropReason = 'overflow' | 'breaker-open' | 'oversize' | 'refused' | 'closed' | 'spilled'

/** What the publisher reports. */
export interface PublisherEvents {
  published(events: number, messages: number): void
  dropped(events: readonly Captured[], reason: DropReason, detail: string): void
  breaker(state: BreakerState): void
}

/**
 * A bounded buffer in front of a queue. `add` is synchronous and never fails; sending happens in the background, one batch at a
 * time. A batch that the queue did not take is sent again until it does, or until the publisher is closed.
 */
export class Publisher {
  readonly #limits: PublisherLimits
  readonly #events: PublisherEvents
  readonly #overflow: Overflow | undefined
  readonly #buffer: EventBuffer
  readonly #breaker: Breaker
  readonly #sender: EventSender<Buffered>
  readonly #closed = new AbortController()
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Whether someone waits for the buffer to be empty. */
  #isFlushing = false

  constructor(
    queue: QueueSender,
    sender: Sender,
    limits: PublisherLimits,
    events: PublisherEvents,
    overflow?: Overflow,
  ) {
    this.#limits = limits
    this.#events = events
    this.#overflow = overflow
    this.#buffer = new EventBuffer(limits)
    this.#breaker = new Breaker(limits.breakerFailures, limits.breakerOpenMs, (state) => events.breaker(state))
    this.#sender = new EventSender(queue, sender, {
      bytesOf: ({ event }) => event.bytes,
      timeoutMs: limits.sendTimeoutMs,
      breaker: this.#breaker,
      ref: false,
      onOutcome: (buffered, outcome) => this.#onOutcome(buffered, outcome),
    })
  }

  /** How many events wait to be sent, or are being sent. */
  get backlog(): number {
    return this.#buffer.size
  }

  get bytes(): number {
    return this.#buffer.bytes
  }

  get breaker(): BreakerState {
    return this.#breaker.state
  }

  /** How long the oldest event has been waiting, in milliseconds; 0 when none is. */
  get lagMs(): number {
    return this.#buffer.lagMs
  }

  /** The times of all events that wait or are being sent. */
  pending(range: TimeRange): void {
    this.#buffer.pending(range)
    this.#overflow?.pending(range)
  }

  get isFull(): boolean {
    return this.#buffer.isHalfFull
  }

  /** Resolves when the buffer is no longer half full, or the signal aborts. Never rejects. */
  whenRoom(signal: AbortSignal): Promise<void> {
    return this.#buffer.whenRoom(signal)
  }

  /** Takes events over, or drops them. `settled` is called once, when each of them is sent or dropped. */
  add(events: readonly Captured[], settled?: () => void): void {
    const countdown = settled && countingDown(events.length, settled)
    const dropped: Captured[] = []
    const at = performance.now()
    for (const event of events) {
      const isClosed = this.#closed.signal.aborted
      if (!isClosed && this.#buffer.add({ event, at, settled: countdown })) continue
      if (isClosed || !this.#overflow?.add(event)) dropped.push(event)
      countdown?.()
    }
    if (dropped.length > 0) this.#drop(dropped)
    if (this.#buffer.isBatchFull) void this.#run()
    else if (this.#buffer.hasWaiting) this.#linger()
  }

  #drop(events: readonly Captured[]): void {
    if (this.#closed.signal.aborted) return this.#events.dropped(events, 'closed', 'the observer is closed')
    const isOpen = this.#breaker.state !== 'closed'
    this.#events.dropped(events, isOpen ? 'breaker-open' : 'overflow', 'the buffer is full')
  }

  /** Sends now what waits; resolves when the buffer is empty. Never rejects. */
  flush(): Promise<void> {
    this.#isFlushing = true
    return this.#run()
  }

  #linger(): void {
    this.#timer ??= setTimeout(() => void this.#run(), this.#limits.lingerMs).unref()
  }

  #run(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running === undefined && this.#hasWork()) this.#running = this.#drain()
    return this.#running ?? Promise.resolve()
  }

  /** Flushes for at most `timeoutMs`; what is left then is dropped, or kept in the file. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    const flushed = this.flush()
    // Whatever the breaker says, there is no later.
    this.#sender.hurry()
    await waitAtMost(timeoutMs, flushed)
    this.#closed.abort()
    await waitAtMost(ABORT_GRACE_MS, this.#running)
    this.#isOver = true
    clearTimeout(this.#timer)
    const left = this.#buffer.clear()
    const dropped = left.filter(({ event }) => !this.#overflow?.add(event))
    if (dropped.length > 0) {
      const events = dropped.map(({ event }) => event)
      this.#events.dropped(events, 'closed', 'it was not sent before the deadline')
    }
    for (const { settled } of left) settled?.()
    this.#buffer.announceRoom()
  }

  #hasWork(): boolean {
    const hasMore = this.#buffer.hasWaiting || (this.#overflow?.hasMore ?? false)
    return hasMore && !this.#closed.signal.aborted
  }

  async #drain(): Promise<void> {
    while (this.#hasWork()) {
      // Live events first: the others have waited long already, and are safe where they are.
      const batch = this.#buffer.take()
      // What is unsent when the publisher is closed stays in the buffer, for `close` to deal with.
      if (batch.length > 0) await this.#sender.send(batch, this.#closed.signal)
      else if (!(await this.#sendSpilled())) break
      // What was added in the meantime lingers too: under a steady load, each answer would otherwise send one event or two.
      if (!this.#isFlushing && this.#buffer.hasWaiting && !this.#buffer.isBatchFull) {
        this.#linger()
        break
      }
    }
    if (!this.#buffer.hasWaiting) this.#isFlushing = false
    // Now, and not when the promise is seen to be settled: an event that is added in between begins a drain of its own.
    this.#running = undefined
  }

  /** Sends the next events of the overflow; false when there are none, or they could not be sent. */
  async #sendSpilled(): Promise<boolean> {
    const { events, sender } = await this.#overflow!.read(this.#limits.batchEvents, this.#limits.batchBytes)
    if (events.length === 0 || this.#closed.signal.aborted) return false
    const at = performance.now()
    const spilled = events.map((event) => ({ event, at, settled: undefined }))
    await this.#sender.send(spilled, this.#closed.signal, sender)
    // What could not be sent stays where it is, for the next observer.
    if (this.#isOver || this.#closed.signal.aborted) return false
    await this.#overflow!.sent()
    return true
  }

  #onOutcome(buffered: readonly Buffered[], outcome: EventOutcome): void {
    // `close` has dropped these events already.
    if (this.#isOver) return
    this.#buffer.remove(buffered)
    if (outcome.status === 'sent') this.#events.published(buffered.length, 1)
    else {
      const events = buffered.map(({ event }) => event)
      if (outcome.status === 'refused') this.#events.dropped(events, 'refused', outcome.reason)
      else this.#events.dropped(events, 'oversize', `over ${outcome.limitBytes} bytes`)
    }
    for (const { settled } of buffered) settled?.()
    this.#buffer.announceRoom()
  }
}

function countingDown(from: number, done: () => void): () => void {
  let left = from
  return () => {
    if (--left === 0) done()
  }
}
