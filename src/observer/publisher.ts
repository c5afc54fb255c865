import { pause } from '../core/abort.ts'
import { backoffMs, type RetryPolicy } from '../core/retry.ts'
import { packMessages } from '../event/message.ts'
import type { QueueSender } from '../queue/port.ts'

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
  /** Taken from the buffer and not yet sent. */
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
    if (dropped > 0)
      this.#events.dropped(dropped, this.#closed.signal.aborted ? 'closed' : 'overflow', 'the buffer is full')
    if (this.#waiting.length >= this.#limits.batchEvents) void this.flush()
    else if (this.#waiting.length > 0)
      this.#timer ??= setTimeout(() => void this.flush(), this.#limits.lingerMs).unref()
  }

  /** Sends what waits now; resolves when the buffer is empty. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Flushes for at most `timeoutMs`; what is left then is dropped and counted. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    const done = new AbortController()
    const late = pause(timeoutMs, done.signal, { ref: false })
    await Promise.race([this.flush(), late])
    done.abort()
    this.#closed.abort()
    await this.#running
    const left = this.#waiting.length
    this.#waiting = []
    this.#bytes = 0
    if (left > 0) this.#events.dropped(left, 'closed', 'it was not sent before the deadline')
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed.signal.aborted) {
      const batch = this.#waiting.splice(0, this.#limits.batchEvents)
      this.#sending = batch.length
      await this.#send(batch)
      this.#sending = 0
      this.#bytes -= batch.reduce((sum, event) => sum + event.length, 0)
    }
  }

  async #send(batch: readonly Uint8Array[]): Promise<void> {
    const { bodies, oversized } = packMessages(this.#migration, batch, this.#queue.limits.messageBytes)
    if (oversized.length > 0)
      this.#events.dropped(oversized.length, 'oversize', `over ${this.#queue.limits.messageBytes} bytes`)
    let waiting = bodies.map(({ body, events }, i) => ({ id: String(i), body, events }))
    for (let failures = 1; waiting.length > 0; failures++) {
      const outcomes = await this.#queue.send(waiting, { signal: this.#closed.signal })
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
      const again: typeof waiting = []
      for (const message of waiting) {
        const outcome = byId.get(message.id)
        if (outcome?.status === 'sent') this.#events.published(message.events, 1)
        else if (outcome && !outcome.retryable) this.#events.dropped(message.events, 'refused', outcome.reason)
        else again.push(message)
      }
      waiting = again
      if (waiting.length === 0) return
      if (this.#closed.signal.aborted) {
        const left = waiting.reduce((sum, message) => sum + message.events, 0)
        return this.#events.dropped(left, 'closed', 'it was not sent before the deadline')
      }
      await pause(backoffMs(failures, RETRY, Math.random()), this.#closed.signal, { ref: false })
    }
  }
}
