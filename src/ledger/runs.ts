/** The bounds of a range, which only the source that cut it can read. */
export interface RangeBounds {
  readonly from: unknown
  readonly before: unknown
}

/** How far one range of one run has progressed. */
export interface RangeProgress {
  readonly number: number
  readonly range: RangeBounds
  /** The `_id` up to which everything is durable; undefined before the first batch. */
  readonly reached: unknown
  readonly events: number
  readonly isDone: boolean
}

/** A run of a migration: its ranges and how far each has progressed. */
export interface Run {
  readonly id: string
  readonly ranges: readonly RangeProgress[]
}

/** The progress of one range, with its run, the generation of that run, and what else decides whether it may be resumed. */
export interface Checkpoint {
  readonly run: string
  readonly generation: number
  /** The digest of the handlers' texts. */
  readonly texts: string
  /** The names of the tables that it is limited to, in order; empty for all. */
  readonly tables: string
  readonly progress: RangeProgress
}

/** Digits of a run's number in its id. */
const NUMBER_DIGITS = 8

/**
 * The id of a run that begins after the run with the id `latest`, if there is one. Ids sort by a number that each run raises, not by a
 * clock: a run started by a host whose clock is ahead would otherwise be the latest until all clocks have passed its time.
 *
 * @param suffix tells runs apart that begin at the same time
 */
export function nextRunId(latest: string | undefined, suffix: string): string {
  const number = latest === undefined ? 0 : Number.parseInt(latest.slice(0, NUMBER_DIGITS), 10)
  return `${String(number + 1).padStart(NUMBER_DIGITS, '0')}-${suffix}`
}

/**
 * The latest generation under which a run of all tables has reached its end; undefined when none has.
 *
 * @param checkpoints of any number of runs, those of one run together
 */
export function finishedGeneration(checkpoints: readonly Checkpoint[]): number | undefined {
  const runs = Map.groupBy(checkpoints, ({ run }) => run)
  const finished = [...runs.values()].filter(
    (ranges) =>
      ranges.some(({ progress }) => progress.number === 0) &&
      ranges.every(({ progress, tables }) => progress.isDone && tables === ''),
  )
  return finished.length === 0 ? undefined : Math.max(...finished.map(([first]) => first!.generation))
}

/**
 * The run of these checkpoints, if it is of this generation and a range of it is not finished. A run without its first range was
 * interrupted when it began, and may be without others.
 */
export function unfinishedRun(checkpoints: readonly Checkpoint[], generation: number): Run | undefined {
  if (checkpoints[0]?.progress.number !== 0) return undefined
  const isOpen = checkpoints.some((checkpoint) => !checkpoint.progress.isDone && checkpoint.generation === generation)
  return isOpen ? { id: checkpoints[0].run, ranges: checkpoints.map(({ progress }) => progress) } : undefined
}
