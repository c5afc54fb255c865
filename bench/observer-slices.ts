import { benchEvent, openMode, type ModeName, type Target } from './observer-host.ts'
import { spread } from './observer-measure.ts'

/** Modes without background work after an insert, so that each slice contains all of its own CPU time. */
const MODES = ['no observer', 'control', 'monitored', 'flag off'] as const satisfies ModeName[]

const SLICE = 40
const WARM_UP = 100

/** CPU time per insert in microseconds, and its ratio to that without an observer: medians over all slices. */
export type Slices = Readonly<Record<(typeof MODES)[number], { readonly us: number; readonly ratio: number }>>

/**
 * Compares CPU time in slices so thin that other load on the machine affects neighbouring slices alike. It shows differences of one
 * percent, where whole rounds show differences of ten.
 */
export async function measureSlices(target: Target, cycles: number): Promise<Slices> {
  const modes = await Promise.all(MODES.map((name) => openMode(name, target)))
  const taken = MODES.map((): number[] => [])
  for (let cycle = 0; cycle < WARM_UP + cycles; cycle++) {
    for (let i = 0; i < MODES.length; i++) {
      const which = (i + cycle) % MODES.length
      const before = process.cpuUsage()
      for (let n = 0; n < SLICE; n++) await modes[which]!.insert(benchEvent(n))
      const { user, system } = process.cpuUsage(before)
      if (cycle >= WARM_UP) taken[which]!.push((user + system) / SLICE)
    }
  }
  for (const mode of modes) await mode.close()
  const figures = MODES.map((name, which) => {
    const ratio = spread(taken[which]!.map((us, cycle) => us / taken[0]![cycle]!)).median
    return [name, { us: spread(taken[which]!).median, ratio }] as const
  })
  return Object.fromEntries(figures) as Slices
}
