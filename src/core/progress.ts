/** How far a long run has come. */
export interface RunProgress {
  /** What it is doing: `'read'`, `'check'`. */
  readonly phase: string
  readonly done: number
  /** How much there is to do in this phase; an estimate where the input is growing. */
  readonly total: number
  /** What was done per second since the phase began, without what an earlier run had done. */
  readonly perSecond: number
  /** Where the time went since the run began, in milliseconds by step; steps that overlap each count in full. */
  readonly spentMs: Readonly<Record<string, number>>
}

/** Measures a run and reports its progress after each step. */
export class ProgressMeter {
  readonly #report: (progress: RunProgress) => void
  readonly #clock: () => number
  readonly #spentMs: Record<string, number> = {}
  #phase = ''
  #done = 0
  #total = 0
  #doneBefore = 0
  #since = 0

  /**
   * @param report its errors are not caught, so that a caller can end the run by throwing
   * @param clock the time in milliseconds, from a clock that never goes back
   */
  constructor(report: (progress: RunProgress) => void = () => {}, clock: () => number = () => performance.now()) {
    this.#report = report
    this.#clock = clock
  }

  /** Starts a phase. `done` is what an earlier run has already done of it. */
  begin(phase: string, total: number, done = 0): void {
    this.#phase = phase
    this.#total = total
    this.#done = done
    this.#doneBefore = done
    this.#since = this.#clock()
  }

  /** Counts what was done, and reports. */
  advance(count: number): void {
    this.#done += count
    this.#report(this.progress)
  }

  /** Runs a step and adds the time that it takes to `spentMs`. */
  async time<T>(step: string, work: () => Promise<T>): Promise<T> {
    const start = this.#clock()
    try {
      return await work()
    } finally {
      this.#spentMs[step] = (this.#spentMs[step] ?? 0) + this.#clock() - start
    }
  }

  get progress(): RunProgress {
    const seconds = (this.#clock() - this.#since) / 1000
    return {
      phase: this.#phase,
      done: this.#done,
      total: Math.max(this.#total, this.#done),
      perSecond: seconds > 0 ? (this.#done - this.#doneBefore) / seconds : 0,
      spentMs: { ...this.#spentMs },
    }
  }
}
