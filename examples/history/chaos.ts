import type { OutgoingMessage, QueueSender, SendOutcome } from 'changeover/queue'

/** A seeded source of random numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The same items in a random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j]!, result[i]!]
  }
  return result
}

/** A queue that always does what a standard queue may do: it delivers in another order, and some messages more than once. */
export interface Chaos extends QueueSender {
  /** Messages that were sent twice. */
  readonly duplicates: number
  /** Sends the messages that are held back. */
  release(): Promise<void>
}

/** How many messages are held back at most, so that early ones arrive after late ones. */
const HELD_BACK = 20

/**
 * Wraps a queue: answers `sent` at once, holds messages back, and sends them shuffled, some of them twice.
 * For demonstrations only: messages that are held back when the process dies are lost.
 */
export function chaos(queue: QueueSender, random: () => number, share: number): Chaos {
  let held: OutgoingMessage[] = []
  let duplicates = 0
  let number = 0

  async function release(): Promise<void> {
    let waiting = shuffled(held, random)
    held = []
    while (waiting.length > 0) {
      const outcomes = await queue.send(waiting)
      const failed = new Set(outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.id] : [])))
      waiting = waiting.filter(({ id }) => failed.has(id))
    }
  }

  return {
    limits: queue.limits,
    get duplicates() {
      return duplicates
    },
    release,
    async send(messages) {
      for (const { body } of messages) {
        held.push({ id: String(number++), body })
        if (random() >= share) continue
        held.push({ id: String(number++), body })
        duplicates++
      }
      if (held.length >= HELD_BACK) await release()
      return messages.map(({ id }): SendOutcome => ({ id, status: 'sent' }))
    },
  }
}
