/** What has to be released, collected while it is acquired; released in reverse. (Node 22 has no AsyncDisposableStack yet.) */
export class Closers implements AsyncDisposable {
  #closers: (() => unknown)[] = []

  /** Releases a resource in its turn; gives it back. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]())
    return resource
  }

  /** Calls a function in its turn. */
  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Releases everything, even when some of it fails; then rejects with the first failure. Idempotent. */
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
