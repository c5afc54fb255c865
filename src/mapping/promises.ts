import { isPlainObject } from '../core/index.ts'

/** Whether a value is a promise, of any library. If so, it is settled: without a handler, its rejection would end the process. */
export function isPromise(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const { then } = value as { readonly then?: unknown }
  if (typeof then !== 'function') return false
  then.call(value, ignore, ignore)
  return true
}

/** How deep promises are looked for in what a handler returned: in an array, in an operation, in its values. */
const MAX_DEPTH = 3

/** Settles the promises within what a handler returned, so that none of them ends the process. Never throws. */
export function settlePromises(value: unknown, depth = 0): void {
  try {
    if (isPromise(value) || depth > MAX_DEPTH) return
    const parts = Array.isArray(value) ? value : isPlainObject(value) ? Object.entries(value).flatMap(besideTable) : []
    for (const part of parts) settlePromises(part, depth + 1)
  } catch {
    // A proxy or a getter: there is nothing to find in it.
  }
}

function besideTable([name, part]: [string, unknown]): unknown[] {
  return name === 'table' ? [] : [part]
}

function ignore(): void {}
