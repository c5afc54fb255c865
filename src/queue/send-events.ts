import { backoffMs, Breaker, pause, type RetryPolicy } from '../core/index.ts'
import type { Sender } from '../event/index.ts'
import { matchOutcomes, packEvents, type EventMessage, type EventOutcome } from './event-messages.ts'
import type { QueueSender } from './port.ts'
import { sendOnce } from './send-once.ts'

/** Options of {@link EventSender}. */
export interface EventSenderOptions<Event> {
  /** The event as BSON. */
  readonly bytesOf: (event: Event) => Uint8Array
  /** How long the queue has to answer one attempt, in milliseconds. */
  readonly timeoutMs: number
  /**
   * Called as soon as the outcome of some events is known, once per event. The events of one message are reported together. Must
   * not throw.
   */
  readonly onOutcome: (events: readonly Event[], outcome: EventOutcome) => void
  /** Called before each further attempt, with the reason that the queue reported and the number of consecutive failures. */
  readonly onRetry?: (reason: string, failures: number) => void
  /**
   * Pauses sending while the queue is down. While it is half-open, one message probes for all.
   *
   * @defaultValue none: every attempt sends all that is left
   */
  readonly breaker?: Breaker
  /**
   * Whether the waits between attempts keep the process alive.
   *
   * @defaultValue true
   */
  readonly ref?: boolean
}

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 50, capMs: 10_000 })

/**
 * Sends events to a queue: packs them into messages and tries again, with backoff, until the queue has accepted or refused each of
 * them. Make one call of `send` at a time.
 */
export class EventSender<Event> {
  readonly #queue: QueueSender
  readonly #sender: Sender
  readonly #options: EventSenderOptions<Event>
  readonly #breaker: Breaker
  /** Ends the current wait. */
  #hurry: AbortController | undefined

  constructor(queue: QueueSender, sender: Sender, options: EventSenderOptions<Event>) {
    this.#queue = queue
    this.#sender = sender
    this.#options = options
    this.#breaker = options.breaker ?? new Breaker(Number.POSITIVE_INFINITY, 0, () => {})
  }

  /**
   * Sends until the outcome of every event is known, or the signal aborts. Resolves to the events without an outcome, some of which
   * may have arrived; soon after an abort, even when the queue ignores it. Never rejects.
   *
   * All events of a call are compressed at once, in the caller's thread: the number of events bounds how long that blocks.
   *
   * @param sender who captured these events, when it was another
   */
  async send(events: readonly Event[], signal: AbortSignal, sender: Sender = this.#sender): Promise<readonly Event[]> {
    const { bytesOf, onOutcome, onRetry, timeoutMs } = this.#options
    const { messages, oversized, limitBytes } = packEvents(sender, events, bytesOf, this.#queue.limits)
    if (oversized.length > 0) onOutcome(oversized, { status: 'oversized', limitBytes })
    let left = messages
    while (left.length > 0) {
      await this.#untilMaySend(signal)
      if (signal.aborted) break
      const attempt = this.#breaker.state === 'half-open' ? left.slice(0, 1) : left
      const outcomes = await sendOnce(this.#queue, attempt, timeoutMs, signal)
      const { done, again, reason } = matchOutcomes(attempt, outcomes)
      for (const { events: those, outcome } of done) onOutcome(those, outcome)
      if (done.length > 0) this.#breaker.succeeded()
      else this.#breaker.failed(performance.now())
      // A message that failed goes to the end, so that it is not always the one that probes.
      left = [...left.slice(attempt.length), ...again]
      if (left.length === 0 || signal.aborted) break
      if (reason !== undefined) onRetry?.(reason, this.#breaker.failures)
      if (this.#breaker.state === 'closed') {
        await this.#wait(backoffMs(this.#breaker.failures || 1, RETRY, Math.random()), signal)
      }
    }
    return eventsOf(left)
  }

  /** Ends the current wait between two attempts, if there is one. */
  hurry(): void {
    this.#hurry?.abort()
  }

  async #untilMaySend(signal: AbortSignal): Promise<void> {
    const ms = this.#breaker.waitMs(performance.now())
    if (ms > 0) await this.#wait(ms, signal)
    this.#breaker.try()
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#hurry = new AbortController()
    await pause(ms, AbortSignal.any([this.#hurry.signal, signal]), { ref: this.#options.ref ?? true })
    this.#hurry = undefined
  }
}

function eventsOf<Event>(messages: readonly EventMessage<Event>[]): Event[] {
  return messages.flatMap(({ events }) => events)
}
