import type { OutgoingMessage, QueueLimits, SendOutcome } from './port.ts'

/** Messages grouped into what a queue takes in one request. */
export interface PackedBatches {
  readonly batches: readonly (readonly OutgoingMessage[])[]
  /** The outcomes of the messages that no request can take. */
  readonly oversized: readonly SendOutcome[]
}

/**
 * Packs messages into batches by count and by bytes, in the order in which they are given.
 *
 * It does not look for the tightest fit: that would save a few half-empty batches, and separate events that belong together.
 */
export function packBatches(messages: readonly OutgoingMessage[], limits: QueueLimits): PackedBatches {
  const largest = Math.min(limits.messageBytes, limits.batchBytes)
  const batches: OutgoingMessage[][] = []
  const oversized: SendOutcome[] = []
  let batch: OutgoingMessage[] = []
  let batchBytes = 0
  for (const message of messages) {
    // This package sends no attributes, so the body is all that counts.
    const bytes = Buffer.byteLength(message.body, 'utf8')
    if (bytes > largest) {
      oversized.push(tooLarge(message.id, bytes, largest))
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

function tooLarge(id: string, bytes: number, largest: number): SendOutcome {
  const reason = `The message has ${bytes} bytes; the queue takes at most ${largest}.`
  return { id, status: 'failed', retryable: false, reason }
}
