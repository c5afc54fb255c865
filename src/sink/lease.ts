import type { QueueReceiver, ReceivedMessage } from '../queue/index.ts'
import type { GatheredBatch } from './gather.ts'

/** How often a lease is renewed within its length. */
const RENEWALS_PER_LEASE = 3

/** What a lease reports. The callbacks must not throw. */
export interface LeaseEvents {
  /** A renewal failed for some messages whose lease has not ended yet; it is tried again. */
  notRenewed(messages: number): void
  /** The lease on some messages ended before it could be renewed. Called once per message. */
  lost(messages: number): void
}

/**
 * The lease on the messages of one batch, renewed until `release`.
 *
 * A renewal that fails does not end a lease, which may be renewed by the next attempt. A lease is lost when it ends; then another
 * sink may have received the message, and this one must not renew or return it any more.
 */
export class Lease {
  readonly #queue: QueueReceiver
  readonly #visibilitySeconds: number
  readonly #events: LeaseEvents
  readonly #clock: () => number
  readonly #endsAt = new Map<ReceivedMessage, number>()
  #timer: NodeJS.Timeout | undefined

  /** @param clock milliseconds, by the clock of `batch.since` */
  constructor(
    queue: QueueReceiver,
    batch: GatheredBatch,
    visibilitySeconds: number,
    events: LeaseEvents,
    clock: () => number = () => performance.now(),
  ) {
    this.#queue = queue
    this.#visibilitySeconds = visibilitySeconds
    this.#events = events
    this.#clock = clock
    for (const message of batch.messages) this.#endsAt.set(message, batch.since + visibilitySeconds * 1000)
  }

  /** The messages whose lease has not ended. */
  get held(): readonly ReceivedMessage[] {
    return [...this.#endsAt.keys()]
  }

  /** Begins to renew the lease in the background, until `release`: how long that may be is the caller's to bound. */
  keep(): void {
    const everyMs = (this.#visibilitySeconds * 1000) / RENEWALS_PER_LEASE
    // An interval and not a loop: a renewal that hangs must not keep the next one from being tried.
    this.#timer = setInterval(() => void this.renew(), everyMs)
  }

  /** Renews the lease on all held messages once. Never rejects. */
  async renew(): Promise<void> {
    this.#dropEnded()
    const messages = this.held
    if (messages.length === 0) return
    // The new lease begins when the service gets the request, which is later.
    const endsAt = this.#clock() + this.#visibilitySeconds * 1000
    const failed = new Set(await this.#extend(messages))
    for (const message of messages) {
      // Not if it ended in the meantime: another sink may have the message.
      if (!failed.has(message.id) && this.#endsAt.has(message)) this.#endsAt.set(message, endsAt)
    }
    this.#dropEnded()
    const notRenewed = messages.filter((message) => failed.has(message.id) && this.#endsAt.has(message))
    if (notRenewed.length > 0) this.#events.notRenewed(notRenewed.length)
  }

  /** Ends the renewals and returns the messages that are still under lease. */
  release(): readonly ReceivedMessage[] {
    clearInterval(this.#timer)
    this.#dropEnded()
    const held = this.held
    this.#endsAt.clear()
    return held
  }

  #dropEnded(): void {
    const now = this.#clock()
    const ended = this.held.filter((message) => this.#endsAt.get(message)! <= now)
    for (const message of ended) this.#endsAt.delete(message)
    if (ended.length > 0) this.#events.lost(ended.length)
  }

  async #extend(messages: readonly ReceivedMessage[]): Promise<readonly string[]> {
    try {
      return await this.#queue.extend(messages, this.#visibilitySeconds)
    } catch {
      // A queue that rejects, despite its contract, may have renewed nothing.
      return messages.map(({ id }) => id)
    }
  }
}
