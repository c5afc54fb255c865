/**
 * Whether a value is an object of nothing but its own properties: its prototype is `null` or an `Object.prototype`, of this realm
 * or another (tests often run in one of their own). A Map, an array and an instance of a class are not.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
