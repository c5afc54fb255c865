import type { TypeCount } from './source.ts'

/**
 * The type that an event's type field gives it, by the rules of a MongoDB query: an array counts as the first of these types that it
 * holds. null when it gives none.
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
