import type { Machine } from './machine.ts'

/** Where a service was found. */
export interface Found<T> {
  readonly value: T
  /** One line: what was found, and why this one. */
  readonly why: string
}

/** A service that was found, and how to stop it if it was started here. */
export interface Running<T> extends Found<T> {
  readonly stop: () => Promise<void>
}

/** What each finder gets. */
export interface Context {
  readonly machine: Machine
  /** Reports a slow step to the user. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** A server from the environment: it is used and never stopped. */
export function given<T>(value: T, variable: string, place: string): Running<T> {
  return { value, why: `${place}, given by ${variable}`, stop: async () => {} }
}
