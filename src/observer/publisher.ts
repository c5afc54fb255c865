import { pause } from '../core/abort.ts'
import { backoffMs, type RetryPolicy } from '../core/retry.ts'
import { packMessages } from '../event/message.ts'
import type { OutgoingMessage, QueueSender, SendOutcome } from '../queue/port.ts'

/** Bounds and pace of publishing. All sizes are in bytes of BSON, before compression. */
export interface PublisherLimits {
  /**
   * The most events that wait to be sent; more are dropped and counted.
   *
   * @defaultValue 20000
   */
  readonly bufferEvents: number
  /**
   * The most bytes that wait to be sent; more are dropped and counted.
   *
   * @defaultValue 33554432
   */
  readonly bufferBytes: number
  /**
   * How long an event waits for others to share its message, in milliseconds.
   *
   * @defaultValue 50
   */
  readonly lingerMs: number
  /**
   * The most events that one round of sending takes.
   *
   * @defaultValue 500
   */
  readonly batchEvents: number
}

export const DEFAULT_PUBLISHER_LIMITS: PublisherLimits = Object.freeze({
  bufferEvents: 20_000,
  bufferBytes: 32 * 2 ** 20,
  lingerMs: 50,
  batchEvents: 500,
})

/** Why an event was not published. */
export type DropReason = 'overflow' | 'oversize' | 'refused' | 'closed'

/** What the publisher tells. */
export interface PublisherEvents {
  published(events: number, messages: number): void
  dropped(events: number, reason: DropReason, detail: string): void
}

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 50, capMs: 10_000 })

/** How long a queue has to answer once it is told to stop, in milliseconds. */
const ABORT_MS = 250

/**
 * A bounded buffer in front of a queue. `add` is synchronous and never fails; sending happens beside it, one batch at a time,
 * and a batch that the queue did not take is tried again until it does, or until the publisher is closed.
 */
export class Publisher {
  readonly #queue: QueueSender
  readonly #migration: string
  readonly #limits: PublisherLimits
  readonly #events: PublisherEvents
  readonly #closed = new AbortController()
  #waiting: Uint8Array[] = []
  #bytes = 0
  #isOver = false
  /** Taken from the buffer and neither sent nor dropped yet. */
  #sending = 0
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(queue: QueueSender, migration: string, limits: PublisherLimits, events: PublisherEvents) {
    this.#queue = queue
    this.#migration = migration
    this.#limits = limits
    this.#events = events
  }

  /** How many events wait to be sent, or are being sent. */
  get backlog(): number {
    return this.#waiting.length + this.#sending
  }

  add(events: readonly Uint8Array[]): void {
    let dropped = 0
    for (const event of events) {
      const full = this.backlog >= this.#limits.bufferEvents || this.#bytes + event.length > this.#limits.bufferBytes
      if (full || this.#closed.signal.aborted) dropped++
      else {
        this.#waiting.push(event)
        this.#bytes += event.length
      }
    }
    if (dropped > 0 && this.#closed.signal.aborted) this.#events.dropped(dropped, 'closed', 'the observer is closed')
    else if (dropped > 0) this.#events.dropped(dropped, 'overflow', 'the buffer is full')
    if (this.#waiting.length >= this.#limits.batchEvents) void this.flush()
    else if (this.#waiting.length > 0)
      this.#timer ??= setTimeout(() => void this.flush(), this.#limits.lingerMs).unref()
  }

  /** Sends what waits now; resolves when the buffer is empty. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running === undefined && this.#hasWork()) this.#running = this.#drain()
    return this.#running ?? Promise.resolve()
  }

  /** Flushes for at most `timeoutMs`; what is left then is dropped and counted. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    await within(timeoutMs, this.flush())
    this.#closed.abort()
    // A queue that heeds the signal answers now; another one is not waited for.
    await within(ABORT_MS, this.#running)
    this.#isOver = true
    clearTimeout(this.#timer)
    const left = this.backlog
    this.#waiting = []
    this.#sending = 0
    this.#bytes = 0
    if (left > 0) this.#events.dropped(left, 'closed', 'it was not sent before the deadline')
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 && !this.#closed.signal.aborted
  }

  async #drain(): Promise<void> {
    while (this.#hasWork()) {
      const batch = this.#waiting.splice(0, this.#limits.batchEvents)
      this.#sending = batch.length
      await this.#send(batch)
      if (this.#closed.signal.aborted) break
      this.#bytes -= batch.reduce((sum, event) => sum + event.length, 0)
    }
    // At once, not when the promise is seen to be settled: an event that comes in between begins a drain of its own.
    this.#running = undefined
  }

  /** Sends until all is sent or refused, or until the publisher is closed; what is left then stays in `#sending`. */
  async #send(batch: readonly Uint8Array[]): Promise<void> {
    const { messageBytes, batchBytes } = this.#queue.limits
    const limit = Math.min(messageBytes, batchBytes)
    const { bodies, oversized } = packMessages(this.#migration, batch, limit)
    if (oversized.length > 0) this.#settle(oversized.length, 'oversize', `over ${limit} bytes`)
    let waiting = bodies.map(({ body, events }, i) => ({ id: String(i), body, events }))
    for (let failures = 1; waiting.length > 0; failures++) {
      const outcomes = await this.#try(waiting)
      if (this.#isOver) return
      const again: typeof waiting = []
      for (const message of waiting) {
        const outcome = outcomes.get(message.id)
        if (outcome?.status === 'sent') this.#settle(message.events)
        else if (outcome && !outcome.retryable) this.#settle(message.events, 'refused', outcome.reason)
        else again.push(message)
      }
      waiting = again
      if (waiting.length === 0 || this.#closed.signal.aborted) return
      await pause(backoffMs(failures, RETRY, Math.random()), this.#closed.signal, { ref: false })
    }
  }

  /** The outcomes by id. A queue that rejects, which it should not, has taken nothing. */
  async #try(messages: readonly OutgoingMessage[]): Promise<Map<string, SendOutcome>> {
    try {
      const outcomes = await this.#queue.send(messages, { signal: this.#closed.signal })
      return new Map(outcomes.map((outcome) => [outcome.id, outcome]))
    } catch {
      return new Map()
    }
  }

  #settle(events: number, dropped?: DropReason, detail = ''): void {
    this.#sending -= events
    if (dropped === undefined) this.#events.published(events, 1)
    else this.#events.dropped(events, dropped, detail)
  }
}

/** Waits for the work, but no longer than `ms`. Keeps the process alive so long: its caller waits. */
async function within(ms: number, work: Promise<void> | undefined): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, pause(ms, done.signal)])
  done.abort()
}
