import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { benchEvent, type Mode } from './observer-host.ts'

/** The result of one round of one mode. Times are in microseconds. */
export interface Round {
  /** CPU time of the whole process per insert: its own code, the driver, the garbage collector and the sending in the background. */
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  /** The 99th percentile of how late the event loop runs a timer. */
  readonly loopP99: number
}

export interface Load {
  /** Inserts per round. */
  readonly inserts: number
  /** How many inserts run at a time. */
  readonly concurrency: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** One round: the inserts, and the background work that they cause. */
export async function measure(mode: Mode, { inserts, concurrency }: Load): Promise<Round> {
  const took = new Float64Array(inserts)
  let next = 0
  const writer = async (): Promise<void> => {
    while (next < inserts) {
      const i = next++
      const event = benchEvent(i)
      const start = performance.now()
      await mode.insert(event)
      took[i] = performance.now() - start
    }
  }
  // Garbage of the previous mode does not count for this one.
  collectGarbage()
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: concurrency }, writer))
  await mode.settle()
  const { user, system } = process.cpuUsage(before)
  loop.disable()
  took.sort()
  return {
    cpu: (user + system) / inserts,
    p50: at(took, 0.5) * 1000,
    p99: at(took, 0.99) * 1000,
    loopP99: loop.percentile(99) / 1000,
  }
}

/** The value below which this share of the sorted values lies. */
export function at(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The median and the quartiles. */
export function spread(values: readonly number[]): { median: number; low: number; high: number } {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: at(sorted, 0.5), low: at(sorted, 0.25), high: at(sorted, 0.75) }
}
