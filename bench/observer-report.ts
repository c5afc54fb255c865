import { MODES, type ModeName } from './observer-host.ts'
import { spread, type Load, type Round } from './observer-measure.ts'

const FIGURES = ['cpu', 'p50', 'p99', 'loopP99'] as const satisfies (keyof Round)[]
type Figure = (typeof FIGURES)[number]

/** A figure in microseconds, and its ratio to no observer in the same round: medians, with the quartiles of the ratio. */
export interface Compared {
  readonly us: number
  readonly ratio: number
  readonly low: number
  readonly high: number
}

export interface Report {
  readonly server: string
  readonly load: Load
  readonly rounds: number
  readonly modes: Readonly<Record<ModeName, Readonly<Record<Figure, Compared>>>>
}

export function reportOf(
  server: string,
  load: Load,
  rounds: number,
  taken: ReadonlyMap<ModeName, readonly Round[]>,
): Report {
  const measureOfAll = taken.get('no observer')!
  const compared = (mode: ModeName, figure: Figure): Compared => {
    const its = taken.get(mode)!
    const { median: ratio, low, high } = spread(its.map((round, i) => round[figure] / measureOfAll[i]![figure]))
    return { us: spread(its.map((round) => round[figure])).median, ratio, low, high }
  }
  const modes = MODES.map((mode) => {
    const figures = FIGURES.map((figure) => [figure, compared(mode, figure)] as const)
    return [mode, Object.fromEntries(figures) as Record<Figure, Compared>] as const
  })
  return { server, load, rounds, modes: Object.fromEntries(modes) as Report['modes'] }
}

export function table({ server, load, rounds, modes }: Report): string {
  const title = `${server}: ${rounds} rounds of ${load.inserts} inserts, ${load.concurrency} at a time`
  const head = ['', 'CPU per insert', 'latency p50', 'latency p99', 'event loop p99'].map(cell).join('')
  const lines = MODES.map((mode) => [mode, ...FIGURES.map((figure) => shown(modes[mode][figure]))].map(cell).join(''))
  return [title, '', head, ...lines, ''].join('\n')
}

function shown({ us, ratio, low, high }: Compared): string {
  return `${us.toFixed(0)} us  ${ratio.toFixed(3)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

function cell(text: string, i: number): string {
  return text.padEnd(i === 0 ? 13 : 29)
}
