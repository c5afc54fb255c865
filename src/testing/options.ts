import { checkOptions, type OptionNames } from '../core/index.ts'

/** Options of {@link checkConvergence}. */
export interface ConvergenceOptions {
  /**
   * How many histories are tried.
   *
   * @defaultValue 50
   */
  readonly runs?: number
  /**
   * How many events a history has at most, where events are given as a list.
   *
   * @defaultValue 40
   */
  readonly maxEvents?: number
  /**
   * How many writers work at the same time, at most.
   *
   * @defaultValue 4
   */
  readonly writers?: number
  /**
   * Whether events may end in the quarantine.
   *
   * @defaultValue false
   */
  readonly allowQuarantine?: boolean
  /**
   * With `path`, replays what a failure printed; leave the other options as they were. A failure that only a race between writers
   * causes may need a few tries, and is not shrunk as far.
   */
  readonly seed?: number
  readonly path?: string
}

export const DEFAULT_RUNS = 50
export const DEFAULT_MAX_EVENTS = 40
export const DEFAULT_WRITERS = 4

const NAMES: OptionNames<ConvergenceOptions> = {
  runs: true,
  maxEvents: true,
  writers: true,
  allowQuarantine: true,
  seed: true,
  path: true,
}

/** The options with their defaults; `replay` is what fast-check takes. */
export interface ResolvedOptions extends Required<Omit<ConvergenceOptions, 'seed' | 'path'>> {
  readonly replay: { readonly seed?: number; readonly path?: string }
}

/** Throws a ChangeoverError `CONFIG` for a number that is not whole or below 1. */
export function resolveOptions(options: ConvergenceOptions): ResolvedOptions {
  const check = checkOptions('checkConvergence')
  const { seed, path } = check.all(options, NAMES)
  return Object.freeze({
    runs: check.whole('runs', options.runs ?? DEFAULT_RUNS, { min: 1 }),
    maxEvents: check.whole('maxEvents', options.maxEvents ?? DEFAULT_MAX_EVENTS, { min: 1 }),
    writers: check.whole('writers', options.writers ?? DEFAULT_WRITERS, { min: 1 }),
    allowQuarantine: options.allowQuarantine ?? false,
    replay: { ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) },
  })
}
