/** Stores the newest of the positions that it is given, one write at a time and not too often. Nothing that it does rejects. */
export class PositionSaver<Position> {
  readonly #write: (position: Position) => Promise<void>
  readonly #onError: (thrown: unknown) => void
  #newest: Position | undefined
  #writing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(write: (position: Position) => Promise<void>, onError: (thrown: unknown) => void) {
    this.#write = write
    this.#onError = onError
  }

  /** This is the newest position; it is to be stored, at most once every `everyMs` milliseconds. */
  offer(position: Position, everyMs: number): void {
    this.#newest = position
    // Nobody waits for another one.
    if (this.#isClosed) return void this.save()
    const now = performance.now()
    const dueAt = Math.max(now, this.#triedAt + everyMs)
    if (dueAt >= this.#dueAt) return
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    this.#timer = setTimeout(() => this.#tick(everyMs), dueAt - now).unref()
  }

  /** Counts as a try: the next one is as far away as after a write. */
  postpone(): void {
    this.#triedAt = performance.now()
  }

  /** Stores the newest position now; resolves when it is stored, or could not be. */
  async save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#dueAt = Number.POSITIVE_INFINITY
    await this.#writing
    if (this.#newest !== undefined) this.#writing ??= this.#writeNewest()
    await this.#writing
  }

  /** Stores the newest position, and from now on each at once: there may be no later. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.save()
  }

  #tick(everyMs: number): void {
    const newest = this.#newest
    void this.save().then(() => {
      // It could not be stored: once more, though no other may come.
      if (this.#newest !== undefined && this.#newest === newest && !this.#isClosed) this.offer(newest, everyMs)
    })
  }

  async #writeNewest(): Promise<void> {
    const position = this.#newest as Position
    this.#newest = undefined
    this.#triedAt = performance.now()
    try {
      await this.#write(position)
    } catch (thrown) {
      this.#newest ??= position
      this.#onError(thrown)
    } finally {
      this.#writing = undefined
    }
  }
}
