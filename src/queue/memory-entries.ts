import type { ReceivedMessage } from './port.ts'

interface Entry {
  readonly id: string
  readonly body: string
  readonly sentAt: Date
  receiveCount: number
  /** In milliseconds, by the queue's clock; the message is leased until then. */
  visibleAt: number
}

/** The messages of a queue in memory, with their leases. */
export class MemoryEntries {
  readonly #clock: () => number
  readonly #entries = new Map<string, Entry>()
  #added = 0

  /** @param clock the time in milliseconds that leases are measured by */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  add(body: string): void {
    const now = this.#clock()
    const id = `message-${++this.#added}`
    this.#entries.set(id, { id, body, sentAt: new Date(now), receiveCount: 0, visibleAt: now })
  }

  /** Leases up to `max` of the visible messages, the oldest first. */
  lease(max: number, visibilitySeconds: number): ReceivedMessage[] {
    const now = this.#clock()
    const leased: ReceivedMessage[] = []
    for (const entry of this.#entries.values()) {
      if (leased.length >= max) break
      if (entry.visibleAt > now) continue
      entry.receiveCount++
      entry.visibleAt = now + visibilitySeconds * 1000
      const { id, body, sentAt, receiveCount } = entry
      leased.push({ id, body, receiptHandle: receiptHandleOf(entry), receiveCount, sentAt })
    }
    return leased
  }

  /** Milliseconds until the next lease ends, when all messages are leased. */
  msToNextLeaseEnd(): number {
    let earliest = Infinity
    for (const entry of this.#entries.values()) earliest = Math.min(earliest, entry.visibleAt)
    return earliest - this.#clock()
  }

  /** Deletes the messages that are still under lease; returns the ids of the others. */
  remove(messages: readonly ReceivedMessage[]): string[] {
    return this.#forLeased(messages, ({ id }) => this.#entries.delete(id))
  }

  /** Lets the leases that have not ended end `visibilitySeconds` from now; returns the ids of the other messages. */
  extend(messages: readonly ReceivedMessage[], visibilitySeconds: number): string[] {
    return this.#forLeased(messages, (entry) => {
      entry.visibleAt = this.#clock() + visibilitySeconds * 1000
    })
  }

  count(): { readonly visible: number; readonly inFlight: number } {
    const now = this.#clock()
    const inFlight = [...this.#entries.values()].filter(({ visibleAt }) => visibleAt > now).length
    return { visible: this.#entries.size - inFlight, inFlight }
  }

  #forLeased(messages: readonly ReceivedMessage[], work: (entry: Entry) => void): string[] {
    const lost: string[] = []
    for (const message of messages) {
      const entry = this.#underLease(message)
      if (entry) work(entry)
      else lost.push(message.id)
    }
    return lost
  }

  #underLease({ id, receiptHandle }: ReceivedMessage): Entry | undefined {
    const entry = this.#entries.get(id)
    return entry && receiptHandleOf(entry) === receiptHandle && entry.visibleAt > this.#clock() ? entry : undefined
  }
}

function receiptHandleOf(entry: Entry): string {
  return `${entry.id}/${entry.receiveCount}`
}
