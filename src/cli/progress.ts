const EVERY_MS = 200
const PLAIN_EVERY_MS = 5000

/** Shows how far a long work is: one line that is rewritten on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #what: string
  readonly #out: NodeJS.WriteStream
  readonly #start = performance.now()
  #next = 0

  constructor(what: string, out: NodeJS.WriteStream = process.stderr) {
    this.#what = what
    this.#out = out
  }

  show(done: number, total: number): void {
    const now = performance.now()
    if (now < this.#next) return
    this.#next = now + (this.#out.isTTY ? EVERY_MS : PLAIN_EVERY_MS)
    const line = describeProgress(this.#what, done, total, (now - this.#start) / 1000)
    this.#out.write(this.#out.isTTY ? `\r${line}\u001B[K` : `${line}\n`)
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001B[K')
  }
}

/** `migrated 12,000 of about 40,000 (30 %), 8,000/s, 4 s left` */
export function describeProgress(what: string, done: number, total: number, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0
  const percent = total > 0 ? Math.floor((100 * done) / total) : 100
  const left = rate > 0 ? `, ${duration((total - done) / rate)} left` : ''
  return `${what} ${count(done)} of about ${count(total)} (${percent} %), ${count(Math.round(rate))}/s${left}`
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
