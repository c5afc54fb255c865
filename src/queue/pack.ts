import type { OutgoingMessage, QueueLimits, SendOutcome } from './port.ts'

/** Messages grouped into what a queue takes in one request. */
export interface Packing {
  readonly batches: readonly (readonly OutgoingMessage[])[]
  /** The messages that no request can take. */
  readonly oversized: readonly OutgoingMessage[]
}

/**
 * Packs messages into batches by count and by bytes.
 *
 * First come, first packed rather than tightest fit: it costs a few half-empty batches, and events that belong together
 * travel together.
 */
export function pack(messages: readonly OutgoingMessage[], limits: QueueLimits): Packing {
  const batches: OutgoingMessage[][] = []
  const oversized: OutgoingMessage[] = []
  let batch: OutgoingMessage[] = []
  let batchBytes = 0
  for (const message of messages) {
    const bytes = messageBytes(message)
    if (bytes > largestMessage(limits)) {
      oversized.push(message)
      continue
    }
    if (batch.length === 0 || batch.length === limits.batchEntries || batchBytes + bytes > limits.batchBytes) {
      batch = []
      batchBytes = 0
      batches.push(batch)
    }
    batch.push(message)
    batchBytes += bytes
  }
  return { batches, oversized }
}

/** What a message counts against the limits, in bytes. This package sends no attributes, so the body is all of it. */
export function messageBytes(message: OutgoingMessage): number {
  return Buffer.byteLength(message.body, 'utf8')
}

/** The outcome of a message that no request can take. */
export function tooLarge(message: OutgoingMessage, limits: QueueLimits): SendOutcome {
  const reason = `The message has ${messageBytes(message)} bytes; the queue takes ${largestMessage(limits)}.`
  return { id: message.id, status: 'failed', retryable: false, reason }
}

function largestMessage(limits: QueueLimits): number {
  return Math.min(limits.messageBytes, limits.batchBytes)
}
