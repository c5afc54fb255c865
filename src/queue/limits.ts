import { checkOptions } from '../core/index.ts'
import type { QueueLimits } from './port.ts'

/**
 * Limits that every SQS-compatible server accepts. AWS itself has taken 1,048,576 bytes per message and per batch since 2025.
 */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = Object.freeze({
  messageBytes: 262_144,
  batchBytes: 262_144,
  batchEntries: 10,
})

/** The longest wait of one `receive`, in seconds. */
export const MAX_WAIT_SECONDS = 20

/** The given limits over the default ones, checked. Throws a ChangeoverError `CONFIG` that names `owner`. */
export function resolveLimits(owner: string, limits: Partial<QueueLimits> = {}): QueueLimits {
  const check = checkOptions(owner)
  check.all(limits, DEFAULT_QUEUE_LIMITS, 'limits')
  const resolved: QueueLimits = Object.freeze({ ...DEFAULT_QUEUE_LIMITS, ...limits })
  for (const [name, value] of Object.entries(resolved)) check.whole(`limits.${name}`, value, { min: 1 })
  return resolved
}
