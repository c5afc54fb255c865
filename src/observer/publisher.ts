import { pause, backoffMs, type RetryPolicy, Breaker, type BreakerState, waitAtMost } from '../core/index.ts'
import { packMessages } from '../event/index.ts'
import type { QueueSender } from '../queue/index.ts'
import { ABORT_MS, attempt } from './attempt.ts'
import type { PublisherLimits } from './limits.ts'
import type { Overflow } from './overflow.ts'
import type { Captured } from './tap.ts'
import type { TimeRange } from './time-range.ts'

/** Why an event was not published. `spilled`: it lies in a file, for an observer to come. */
export type DropReason = 'overflow' | 'breaker-open' | 'oversize' | 'refused' | 'closed' | 'spilled'

/** What the publisher tells. */
export interface PublisherEvents {
  published(events: number, messages: number): void
  dropped(events: readonly Captured[], reason: DropReason, detail: string): void
  breaker(state: BreakerState): void
}

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 50, capMs: 10_000 })

/** An event in the buffer. */
interface Waiting {
  readonly event: Captured
  /** When it came, by a clock that only goes forward. */
  readonly at: number
  readonly settled: (() => void) | undefined
}

/**
 * A bounded buffer in front of a queue. `add` is synchronous and never fails; sending happens beside it, one batch at a time,
 * and a batch that the queue did not take is tried again until it does, or until the publisher is closed.
 */
export class Publisher {
  readonly #queue: QueueSender
  readonly #migration: string
  readonly #limits: PublisherLimits
  readonly #events: PublisherEvents
  readonly #overflow: Overflow | undefined
  readonly #breaker: Breaker
  readonly #closed = new AbortController()
  readonly #forRoom = new Set<() => void>()
  #waiting: Waiting[] = []
  /** Taken from the buffer and neither sent nor dropped yet. */
  #sending = new Set<Waiting>()
  #bytes = 0
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Whether somebody waits for the buffer to be empty. */
  #isFlushing = false
  /** Ends the present wait before the next try. */
  #hurry: AbortController | undefined

  constructor(
    queue: QueueSender,
    migration: string,
    limits: PublisherLimits,
    events: PublisherEvents,
    overflow?: Overflow,
  ) {
    this.#queue = queue
    this.#migration = migration
    this.#limits = limits
    this.#events = events
    this.#overflow = overflow
    this.#breaker = new Breaker(limits.breakerFailures, limits.breakerOpenMs, (state) => events.breaker(state))
  }

  /** How many events wait to be sent, or are being sent. */
  get backlog(): number {
    return this.#waiting.length + this.#sending.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get breaker(): BreakerState {
    return this.#breaker.state
  }

  /** How long the oldest event has been waiting, in milliseconds; 0 when none is. */
  get lagMs(): number {
    const [oldest = this.#waiting[0]] = this.#sending
    return oldest === undefined ? 0 : performance.now() - oldest.at
  }

  /** The times of all that waits or is being sent. */
  pending(range: TimeRange): void {
    for (const { event } of this.#waiting) range.add(event.time)
    for (const { event } of this.#sending) range.add(event.time)
    this.#overflow?.pending(range)
  }

  get isFull(): boolean {
    return this.backlog >= this.#limits.bufferEvents / 2 || this.#bytes >= this.#limits.bufferBytes / 2
  }

  /** Resolves when the buffer is no longer half full, or the signal aborts. Never rejects. */
  async whenRoom(signal: AbortSignal): Promise<void> {
    if (!this.isFull || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = (): void => resolve()
    this.#forRoom.add(done)
    signal.addEventListener('abort', done, { once: true })
    await promise
    signal.removeEventListener('abort', done)
    this.#forRoom.delete(done)
  }

  /** Takes events over, or drops them. `settled` is called once, when each of them is sent or dropped. */
  add(events: readonly Captured[], settled?: () => void): void {
    const countdown = settled && countingDown(events.length, settled)
    const dropped: Captured[] = []
    const at = performance.now()
    for (const event of events) {
      const full =
        this.backlog >= this.#limits.bufferEvents || this.#bytes + event.bytes.length > this.#limits.bufferBytes
      if (!full && !this.#closed.signal.aborted) {
        this.#waiting.push({ event, at, settled: countdown })
        this.#bytes += event.bytes.length
      } else {
        if (this.#closed.signal.aborted || !this.#overflow?.add(event)) dropped.push(event)
        countdown?.()
      }
    }
    if (dropped.length > 0) this.#drop(dropped)
    if (this.#isBatchFull()) void this.#run()
    else if (this.#waiting.length > 0) this.#linger()
  }

  #drop(events: readonly Captured[]): void {
    if (this.#closed.signal.aborted) return this.#events.dropped(events, 'closed', 'the observer is closed')
    const isOpen = this.#breaker.state !== 'closed'
    this.#events.dropped(events, isOpen ? 'breaker-open' : 'overflow', 'the buffer is full')
  }

  /** Sends what waits now; resolves when the buffer is empty. Never rejects. */
  flush(): Promise<void> {
    this.#isFlushing = true
    return this.#run()
  }

  #linger(): void {
    this.#timer ??= setTimeout(() => void this.#run(), this.#limits.lingerMs).unref()
  }

  #isBatchFull(): boolean {
    return this.#waiting.length >= this.#limits.batchEvents || this.#bytes >= this.#limits.batchBytes
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
    this.#hurry?.abort()
    await waitAtMost(timeoutMs, flushed)
    this.#closed.abort()
    // A queue that heeds the signal answers now; another one is not waited for.
    await waitAtMost(ABORT_MS, this.#running)
    this.#isOver = true
    clearTimeout(this.#timer)
    const left = [...this.#sending, ...this.#waiting]
    this.#waiting = []
    this.#sending.clear()
    this.#bytes = 0
    const dropped = left.filter(({ event }) => !this.#overflow?.add(event))
    if (dropped.length > 0) {
      const events = dropped.map(({ event }) => event)
      this.#events.dropped(events, 'closed', 'it was not sent before the deadline')
    }
    for (const { settled } of left) settled?.()
    for (const done of this.#forRoom) done()
  }

  #hasWork(): boolean {
    const hasMore = this.#waiting.length > 0 || (this.#overflow?.hasMore ?? false)
    return hasMore && !this.#closed.signal.aborted
  }

  async #drain(): Promise<void> {
    while (this.#hasWork()) {
      // Live events first: the others have waited long already, and are safe where they are.
      const batch = this.#take()
      if (batch.length > 0) await this.#send(batch)
      else if (!(await this.#sendSpilled())) break
      // What came while that was sent waits for company too: under a steady load each answer would else send one event or two.
      if (!this.#isFlushing && this.#waiting.length > 0 && !this.#isBatchFull()) {
        this.#linger()
        break
      }
    }
    if (this.#waiting.length === 0) this.#isFlushing = false
    // At once, not when the promise is seen to be settled: an event that comes in between begins a drain of its own.
    this.#running = undefined
  }

  #take(): Waiting[] {
    let [count, bytes] = [0, 0]
    for (const { event } of this.#waiting) {
      bytes += event.bytes.length
      if (count > 0 && bytes > this.#limits.batchBytes) break
      if (++count === this.#limits.batchEvents) break
    }
    const batch = this.#waiting.splice(0, count)
    for (const waiting of batch) this.#sending.add(waiting)
    return batch
  }

  /** Whether there was anything. */
  async #sendSpilled(): Promise<boolean> {
    const events = await this.#overflow!.read(this.#limits.batchEvents, this.#limits.batchBytes)
    if (events.length === 0 || this.#closed.signal.aborted) return false
    const at = performance.now()
    await this.#send(events.map((event) => ({ event, at, settled: undefined })))
    // What could not be sent stays where it is, for the next observer.
    if (this.#isOver || this.#closed.signal.aborted) return false
    await this.#overflow!.sent()
    return true
  }

  /** Sends until all is sent or refused, or until the publisher is closed; what is left then stays in `#sending`. */
  async #send(batch: readonly Waiting[]): Promise<void> {
    const { messageBytes, batchBytes } = this.#queue.limits
    const limit = Math.min(messageBytes, batchBytes)
    const all = batch.map(({ event }) => event.bytes)
    const { bodies, oversized } = packMessages(this.#migration, all, limit)
    const tooLarge = new Set(oversized)
    if (tooLarge.size > 0) {
      this.#settle(
        batch.filter((_, i) => tooLarge.has(i)),
        'oversize',
        `over ${limit} bytes`,
      )
    }
    const fitting = batch.filter((_, i) => !tooLarge.has(i))
    let at = 0
    let waiting = bodies.map(({ body, events }, i) => ({
      id: String(i),
      body,
      events: fitting.slice(at, (at += events)),
    }))
    while (waiting.length > 0) {
      await this.#untilMaySend()
      // While the breaker is half-open, one message tries for all.
      const now = this.#breaker.state === 'half-open' ? waiting.slice(0, 1) : waiting
      const outcomes = await attempt(this.#queue, now, this.#limits.sendTimeoutMs, this.#closed.signal)
      if (this.#isOver) return
      const again: typeof waiting = waiting.slice(now.length)
      for (const message of now) {
        const outcome = outcomes.get(message.id)
        if (outcome?.status === 'sent') this.#settle(message.events)
        else if (outcome && !outcome.retryable) this.#settle(message.events, 'refused', outcome.reason)
        else again.push(message)
      }
      if (again.length < waiting.length) this.#breaker.succeeded()
      else this.#breaker.failed(performance.now())
      waiting = again
      if (waiting.length === 0 || this.#closed.signal.aborted) return
      if (this.#breaker.state === 'closed')
        await this.#wait(backoffMs(this.#breaker.failures || 1, RETRY, Math.random()))
    }
  }

  async #untilMaySend(): Promise<void> {
    const ms = this.#breaker.waitMs(performance.now())
    if (ms > 0) await this.#wait(ms)
    this.#breaker.try()
  }

  async #wait(ms: number): Promise<void> {
    this.#hurry = new AbortController()
    await pause(ms, AbortSignal.any([this.#hurry.signal, this.#closed.signal]), { ref: false })
    this.#hurry = undefined
  }

  #settle(settled: readonly Waiting[], dropped?: DropReason, detail = ''): void {
    for (const waiting of settled) {
      // What came from a file was never counted.
      if (this.#sending.delete(waiting)) this.#bytes -= waiting.event.bytes.length
    }
    if (dropped === undefined) this.#events.published(settled.length, 1)
    else
      this.#events.dropped(
        settled.map(({ event }) => event),
        dropped,
        detail,
      )
    for (const waiting of settled) waiting.settled?.()
    if (!this.isFull) for (const done of this.#forRoom) done()
  }
}

function countingDown(from: number, done: () => void): () => void {
  let left = from
  return () => {
    if (--left === 0) done()
  }
}
