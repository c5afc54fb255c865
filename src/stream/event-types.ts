import type { TypeCount } from '../mapping/index.ts'

/**
 * The type of an event, from the value of its type field. Like a MongoDB query, it looks into an array: the type of an array is the first of
 * `types` that it contains. null when the value is neither a string nor such an array.
 */
export function typeIn(value: unknown, types: readonly string[]): string | null {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return null
  return types.find((type) => value.includes(type)) ?? null
}

/** Adds up counts of values of the type field. */
export function sumTypes(
  counts: Iterable<{ readonly value: unknown; readonly events: number }>,
  knownTypes: readonly string[],
): TypeCount[] {
  const sums = new Map<string | null, number>()
  for (const { value, events } of counts) {
    const type = typeIn(value, knownTypes)
    sums.set(type, (sums.get(type) ?? 0) + events)
  }
  return [...sums].map(([type, events]) => ({ type, events }))
}
