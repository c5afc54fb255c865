/** What a value is, for an error that must not show the value: `'a promise'`, `'nothing'`. Never throws. */
export function kindOfValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  if (typeof value !== 'object') return `a ${typeof value}`
  return isPromise(value) ? 'a promise' : 'an object'
}

/** Whether a value is an object whose properties can be read: not null and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By its shape: a library may have a promise of its own. */
export function isPromise(value: unknown): boolean {
  return isObject(value) && typeof value['then'] === 'function'
}
