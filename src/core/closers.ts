/** Collects resources as they are acquired and releases them in reverse order. (Node 22 has no AsyncDisposableStack yet.) */
export class Closers implements AsyncDisposable {
  #closers: (() => unknown)[] = []

  /** Releases this resource when its turn comes; returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]())
    return resource
  }

  /** Calls this function when its turn comes. */
  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Releases everything, even when some releases fail; then rejects with the first failure. Idempotent. */
  async disposeAsync(): Promise<void> {
    const closers = this.#closers.toReversed()
    this.#closers = []
    const failures: unknown[] = []
    for (const close of closers) {
      try {
        await close()
      } catch (thrown) {
        failures.push(thrown)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync()
  }
}
