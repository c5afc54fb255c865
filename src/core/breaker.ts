/** `closed`: every call may go through. `open`: none may. `half-open`: one may, as a probe. */
export type BreakerState = 'closed' | 'open' | 'half-open'

const MAX_OPEN_MS = 60_000

/**
 * A circuit breaker: stops calls to a service that is down. It opens after a number of consecutive failures and lets one call
 * probe the service after `openMs`; each failed probe doubles that time, up to a minute.
 */
export class Breaker {
  readonly #failures: number
  readonly #openMs: number
  readonly #onChange: (state: BreakerState) => void
  #state: BreakerState = 'closed'
  #inARow = 0
  #tries = 0
  #until = 0

  constructor(failures: number, openMs: number, onChange: (state: BreakerState) => void) {
    this.#failures = failures
    this.#openMs = openMs
    this.#onChange = onChange
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#inARow
  }

  failed(now: number): void {
    this.#inARow++
    if (this.#state === 'closed' && this.#inARow < this.#failures) return
    this.#until = now + Math.min(MAX_OPEN_MS, this.#openMs * 2 ** Math.min(10, this.#tries++))
    this.#become('open')
  }

  succeeded(): void {
    this.#inARow = 0
    this.#tries = 0
    this.#become('closed')
  }

  /** How long to wait before the next probe, in milliseconds; 0 unless it is open. */
  waitMs(now: number): number {
    return this.#state === 'open' ? Math.max(0, this.#until - now) : 0
  }

  /** Turns an open breaker half-open: the next call is a probe. */
  try(): void {
    if (this.#state === 'open') this.#become('half-open')
  }

  #become(state: BreakerState): void {
    if (state === this.#state) return
    this.#state = state
    this.#onChange(state)
  }
}
