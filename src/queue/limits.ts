import { ChangeoverError } from '../core/index.ts'
import type { QueueLimits } from './port.ts'

/**
 * Limits that every SQS-compatible server accepts. AWS itself takes 1,048,576 bytes a message and a batch since 2025.
 */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = Object.freeze({
  messageBytes: 262_144,
  batchBytes: 262_144,
  batchEntries: 10,
})

/** The longest wait of one `receive`, in seconds. */
export const MAX_WAIT_SECONDS = 20

/** The given limits over the default ones, checked. */
export function resolveLimits(limits: Partial<QueueLimits> = {}): QueueLimits {
  const resolved: QueueLimits = Object.freeze({ ...DEFAULT_QUEUE_LIMITS, ...limits })
  for (const [name, value] of Object.entries(resolved)) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new ChangeoverError(
      'CONFIG',
      `The queue limit ${name} must be a positive whole number, not ${String(value)}.`,
    )
  }
  return resolved
}
