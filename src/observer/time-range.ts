import type { Captured } from './tap.ts'

/** The earliest and the latest time of some events, in milliseconds. Both are unknown as soon as the time of one event is. */
export class TimeRange {
  events = 0
  #from = Infinity
  #to = -Infinity
  #isKnown = true

  add(time: Date | undefined, events = 1): void {
    this.events += events
    if (time === undefined) this.#isKnown = false
    else this.stretch(time.getTime(), time.getTime())
  }

  addAll(events: readonly Captured[]): void {
    for (const { time } of events) this.add(time)
  }

  stretch(from: number, to: number): void {
    if (from < this.#from) this.#from = from
    if (to > this.#to) this.#to = to
  }

  forget(): void {
    this.#isKnown = false
  }

  merge(other: TimeRange): void {
    this.events += other.events
    if (!other.#isKnown) this.#isKnown = false
    this.stretch(other.#from, other.#to)
  }

  /** null when it is not known, and when there are no events. */
  get from(): Date | null {
    return this.#isKnown && this.#from !== Infinity ? new Date(this.#from) : null
  }

  get to(): Date | null {
    return this.#isKnown && this.#to !== -Infinity ? new Date(this.#to) : null
  }
}
