import type { TypeCount } from '../stream/index.ts'

/** The most types that are named. */
const MAX_NAMED = 20
const MAX_NAME_LENGTH = 80

/** The events whose types the mapping neither handles nor ignores. */
export interface UnknownTypes {
  /** How many events are of types that the mapping does not know. */
  readonly unmapped: number
  /** Those types, the most frequent first; 20 at most. A type of more than 80 characters is cut. */
  readonly unknownTypes: readonly TypeCount[]
}

/** Picks, of the types in a source, those that a mapping neither handles nor ignores. */
export function unknownTypesOf(types: readonly TypeCount[], knownTypes: readonly string[]): UnknownTypes {
  const known = new Set<string | null>(knownTypes)
  const unknown = types.filter(({ type }) => !known.has(type)).toSorted((a, b) => b.events - a.events)
  return {
    unmapped: unknown.reduce((sum, { events }) => sum + events, 0),
    unknownTypes: unknown.slice(0, MAX_NAMED).map(({ type, events }) => ({ type: shortened(type), events })),
  }
}

function shortened(type: string | null): string | null {
  return type !== null && type.length > MAX_NAME_LENGTH ? `${type.slice(0, MAX_NAME_LENGTH - 1)}…` : type
}
