/** Typed events. A listener that throws or rejects does not affect the emitter; its error goes to `onListenerError`. */
export class SafeEmitter<Events extends Record<string, unknown>> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>()
  readonly #onListenerError: (thrown: unknown) => void

  constructor(onListenerError: (thrown: unknown) => void = () => {}) {
    this.#onListenerError = onListenerError
  }

  /** Adds a listener; the returned function removes it. */
  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const result: unknown = (listener as (payload: Events[Name]) => unknown)(payload)
        if (result instanceof Promise) result.catch(this.#onListenerError)
      } catch (thrown) {
        this.#onListenerError(thrown)
      }
    }
  }
}
