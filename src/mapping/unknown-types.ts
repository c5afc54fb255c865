/** The most types that are named. */
const MAX_NAMED = 20
const MAX_NAME_LENGTH = 80
/** The most types that a tally keeps apart; events of further types are only counted. */
const MAX_KEPT = 1000

/** How many events of one type there are. */
export interface TypeCount {
  /** null for events whose type is missing or not a string. */
  readonly type: string | null
  readonly events: number
}

/** The events whose types the mapping neither handles nor ignores. */
export interface UnknownTypes {
  /** How many events are of types that the mapping does not know. */
  readonly unmapped: number
  /** Those types, the most frequent first; 20 at most. A type of more than 80 characters is cut. */
  readonly unknownTypes: readonly TypeCount[]
}

/** Picks those types that a mapping neither handles nor ignores. A type may be given several times. */
export function unknownTypesOf(types: Iterable<TypeCount>, knownTypes: readonly string[]): UnknownTypes {
  const known = new Set<string | null>(knownTypes)
  const byType = new Map<string | null, number>()
  for (const { type, events } of types) {
    if (!known.has(type)) count(byType, type, events)
  }
  const unmapped = [...byType.values()].reduce((sum, events) => sum + events, 0)
  return { unmapped, unknownTypes: mostFrequent(byType).map(({ type, events }) => ({ type: shortened(type), events })) }
}

/** Adds up what was found in parts of a stream. Bounded, whatever types the events have. */
export class UnknownTypeTally {
  readonly #byType = new Map<string | null, number>()
  #unmapped = 0

  add({ unmapped, unknownTypes }: UnknownTypes): void {
    this.#unmapped += unmapped
    for (const { type, events } of unknownTypes) {
      if (this.#byType.has(type) || this.#byType.size < MAX_KEPT) count(this.#byType, type, events)
    }
  }

  /** What has been found so far. */
  get found(): UnknownTypes {
    return { unmapped: this.#unmapped, unknownTypes: mostFrequent(this.#byType) }
  }
}

function count(byType: Map<string | null, number>, type: string | null, events: number): void {
  byType.set(type, (byType.get(type) ?? 0) + events)
}

function mostFrequent(byType: ReadonlyMap<string | null, number>): TypeCount[] {
  const types = [...byType].map(([type, events]) => ({ type, events }))
  return types.toSorted((a, b) => b.events - a.events).slice(0, MAX_NAMED)
}

function shortened(type: string | null): string | null {
  return type !== null && type.length > MAX_NAME_LENGTH ? `${type.slice(0, MAX_NAME_LENGTH - 1)}…` : type
}
