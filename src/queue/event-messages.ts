import { packMessages, type Sender } from '../event/index.ts'
import type { OutgoingMessage, QueueLimits, SendOutcome } from './port.ts'

/** What became of an event. `refused` is final: the queue would refuse the event each time. */
export type EventOutcome =
  | { readonly status: 'sent' }
  | { readonly status: 'oversized'; readonly limitBytes: number }
  | { readonly status: 'refused'; readonly reason: string }

/** A message, and the events that it carries. */
export interface EventMessage<Event> extends OutgoingMessage {
  readonly events: readonly Event[]
}

/** Events packed into as few messages as the queue's limits allow. */
export interface PackedEvents<Event> {
  readonly messages: readonly EventMessage<Event>[]
  /** The events that are too large for a message of their own. */
  readonly oversized: readonly Event[]
  /** The largest message that the queue takes, in bytes. */
  readonly limitBytes: number
}

/** Packs events into messages, in the order in which they are given. */
export function packEvents<Event>(
  sender: Sender,
  events: readonly Event[],
  bytesOf: (event: Event) => Uint8Array,
  limits: QueueLimits,
): PackedEvents<Event> {
  const limitBytes = Math.min(limits.messageBytes, limits.batchBytes)
  const { bodies, oversized } = packMessages(sender, events.map(bytesOf), limitBytes)
  const tooLarge = new Set(oversized)
  const fitting = events.filter((_, index) => !tooLarge.has(index))
  let next = 0
  const messages = bodies.map(({ body, events: count }, index) => ({
    id: String(index),
    body,
    events: fitting.slice(next, (next += count)),
  }))
  return { messages, oversized: oversized.map((index) => events[index]!), limitBytes }
}

/** What one attempt to send achieved, and what it left. */
export interface Attempted<Event> {
  readonly done: readonly { readonly events: readonly Event[]; readonly outcome: EventOutcome }[]
  /** The messages to send again, in their order. */
  readonly again: readonly EventMessage<Event>[]
  /** Why the first of those was not sent. */
  readonly reason: string | undefined
}

/** Matches the messages of one attempt with the outcomes that the queue reported. A message without an outcome is sent again. */
export function matchOutcomes<Event>(
  messages: readonly EventMessage<Event>[],
  outcomes: readonly SendOutcome[],
): Attempted<Event> {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  const done: { events: readonly Event[]; outcome: EventOutcome }[] = []
  const again: EventMessage<Event>[] = []
  let reason: string | undefined
  for (const message of messages) {
    const outcome = byId.get(message.id)
    if (outcome?.status === 'sent') done.push({ events: message.events, outcome: { status: 'sent' } })
    else if (outcome && !outcome.retryable) {
      done.push({ events: message.events, outcome: { status: 'refused', reason: outcome.reason } })
    } else {
      again.push(message)
      reason ??= outcome?.reason ?? 'The queue did not answer.'
    }
  }
  return { done, again, reason }
}
