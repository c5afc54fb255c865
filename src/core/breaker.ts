/** `closed`: all is sent. `open`: nothing is. `half-open`: one message is, to see. */
export type BreakerState = 'closed' | 'open' | 'half-open'

const MAX_OPEN_MS = 60_000

/**
 * Keeps a queue that is down from being asked again and again. It opens after a number of failures in a row, and lets one message
 * try after a while; each failed try doubles the while, up to a minute.
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

  /** How many failures there were since the last success. */
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

  /** How long nothing is to be sent, in milliseconds; 0 unless it is open. */
  waitMs(now: number): number {
    return this.#state === 'open' ? Math.max(0, this.#until - now) : 0
  }

  /** The while is over: the next message is a try. */
  try(): void {
    if (this.#state === 'open') this.#become('half-open')
  }

  #become(state: BreakerState): void {
    if (state === this.#state) return
    this.#state = state
    this.#onChange(state)
  }
}
