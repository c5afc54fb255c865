import type { ProgressMeter } from '../core/index.ts'

/** The same items; adds the time spent waiting for each to a step of the meter. */
export async function* timed<T>(items: AsyncIterable<T>, meter: ProgressMeter, step: string): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await meter.time(step, () => iterator.next())
      if (done) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}
