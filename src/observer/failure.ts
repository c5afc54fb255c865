import { codeOf } from '../core/index.ts'

/** Server errors that can come when a part of an insert has been written. */
const INTERRUPTED: ReadonlySet<number> = new Set([50, 91, 189, 262, 11600, 11601, 11602])

/** Whether a failed write may have written something: not when the server refused it, nor when it was never sent. */
export function mayBeWritten(failure: Error): boolean {
  if (/^BSON|^(Type|Range)Error$/.test(failure.name)) return false
  if (failure.name !== 'MongoServerError') return true
  return isLabelled(failure, 'RetryableWriteError') || INTERRUPTED.has(Number(codeOf(failure)))
}

export function isLabelled(failure: Error, label: string): boolean {
  const { errorLabels } = failure as { readonly errorLabels?: readonly string[] }
  return errorLabels?.includes(label) ?? false
}
