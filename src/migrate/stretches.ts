import { UNSETTLED_REASONS, type CoverageWindow } from '../coverage/index.ts'

/** A stretch of the time that events state, and the windows in it. null is no bound. */
export interface Stretch {
  readonly from: Date | null
  readonly to: Date | null
  readonly windows: readonly CoverageWindow[]
}

/** The stretches that windows cover, margins included. No two of them overlap, so that nothing is read twice. */
export function stretchesOf(windows: readonly CoverageWindow[], marginMs: number): Stretch[] {
  const sorted = windows.map((window) => around(window, marginMs)).toSorted((a, b) => startOf(a) - startOf(b))
  const stretches: Stretch[] = []
  for (const next of sorted) {
    const last = stretches.at(-1)
    if (last && startOf(next) <= endOf(last)) stretches[stretches.length - 1] = joined(last, next)
    else stretches.push(next)
  }
  return stretches
}

function around(window: CoverageWindow, marginMs: number): Stretch {
  const from = window.from && new Date(window.from.getTime() - marginMs)
  // An open window still grows, by clocks that may differ from this one.
  const to = window.state === 'open' ? null : window.to && new Date(window.to.getTime() + marginMs)
  return { from, to, windows: [window] }
}

/** Two stretches of which the second does not begin before the first. */
function joined(a: Stretch, b: Stretch): Stretch {
  return { from: a.from, to: endOf(a) >= endOf(b) ? a.to : b.to, windows: [...a.windows, ...b.windows] }
}

function startOf({ from }: Stretch): number {
  return from?.getTime() ?? -Infinity
}

function endOf({ to }: Stretch): number {
  return to?.getTime() ?? Infinity
}

/** Whether all events of a window are certain to have been written by the time that it was replayed. */
export function isComplete(window: CoverageWindow, now: Date, settleMs: number): boolean {
  if (window.state !== 'closed') return false
  return !UNSETTLED_REASONS.has(window.reason) || now.getTime() - window.updatedAt.getTime() >= settleMs
}
