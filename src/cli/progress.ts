import { Throttle, type RunProgress } from '../core/index.ts'
import { count } from './quantity.ts'

const EVERY_MS = 200
const PLAIN_EVERY_MS = 5000

/** Where progress is written. */
interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

interface ProgressPrinterOptions {
  /** Whether to show where the time goes, step by step. */
  readonly showsTime?: boolean
  readonly output?: ProgressOutput
  /** The time in milliseconds. */
  readonly clock?: () => number
}

/** Shows how far a long run is: one line that is rewritten on a terminal, a line every few seconds elsewhere. */
export class ProgressPrinter {
  readonly #showsTime: boolean
  readonly #output: ProgressOutput
  readonly #throttle: Throttle

  constructor({ showsTime = false, output = process.stderr, clock }: ProgressPrinterOptions = {}) {
    this.#showsTime = showsTime
    this.#output = output
    this.#throttle = new Throttle(output.isTTY ? EVERY_MS : PLAIN_EVERY_MS, clock)
  }

  show(progress: RunProgress): void {
    if (!this.#throttle.allows()) return
    const line = describeProgress(progress, { showsTime: this.#showsTime })
    this.#output.write(this.#output.isTTY ? `\r${line}\u001B[K` : `${line}\n`)
  }

  /** Clears the line on a terminal. */
  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\u001B[K')
  }
}

/**
 * One line: `read: 12,000 of about 40,000 (30 %), 8,000/s, 4 s left`. With `showsTime`, the time that each step has taken since the
 * run began follows, the longest first: `; apply 31.0 s, read 4.2 s`.
 */
export function describeProgress(
  { phase, done, total, perSecond, spentMs }: RunProgress,
  { showsTime = false }: { readonly showsTime?: boolean } = {},
): string {
  const percent = total > 0 ? Math.floor((100 * done) / total) : 100
  const rate = perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond)
  const left = perSecond > 0 ? `, ${duration((total - done) / perSecond)} left` : ''
  const line = `${phase}: ${count(done)} of about ${count(total)} (${percent} %), ${count(rate)}/s${left}`
  const steps = Object.entries(spentMs).toSorted(([, a], [, b]) => b - a)
  if (!showsTime || steps.length === 0) return line
  return `${line}; ${steps.map(([step, ms]) => `${step} ${(ms / 1000).toFixed(1)} s`).join(', ')}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
