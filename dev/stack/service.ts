import type { Machine } from './machine.ts'

/** Where a thing was found. */
export interface Found<T> {
  readonly value: T
  /** One line: what was found, and why it was this one. */
  readonly why: string
}

/** A thing that was found and, if it was started for us, how to stop it. */
export interface Running<T> extends Found<T> {
  readonly stop: () => Promise<void>
}

/** What each finder is given. */
export interface Context {
  readonly machine: Machine
  /** Tells a waiting person what takes so long. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** A server that somebody else runs: it is used, and left as it is. */
export function given<T>(value: T, variable: string, place: string): Running<T> {
  return { value, why: `${place}, given by ${variable}`, stop: async () => {} }
}
