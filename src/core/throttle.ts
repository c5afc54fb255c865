/** Lets something happen at most once per interval, by key. */
export class Throttle {
  readonly #everyMs: number
  readonly #clock: () => number
  readonly #lastAt = new Map<string, number>()

  /** @param clock the time in milliseconds, from a clock that never goes back */
  constructor(everyMs: number, clock: () => number = () => performance.now()) {
    this.#everyMs = everyMs
    this.#clock = clock
  }

  /** Whether the interval is over for this key; if so, the next one begins. */
  allows(key = ''): boolean {
    const now = this.#clock()
    if (now - (this.#lastAt.get(key) ?? Number.NEGATIVE_INFINITY) < this.#everyMs) return false
    this.#lastAt.set(key, now)
    return true
  }
}
