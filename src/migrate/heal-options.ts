import type { Db } from 'mongodb'
import { checkOptions, type OptionNames, type OutageWait, type RunProgress } from '../core/index.ts'
import { DEFAULT_COVERAGE_COLLECTION } from '../coverage/index.ts'
import { DEFAULT_OUTAGE_MS, WAREHOUSE_METHODS, type MigrationWarehouse } from './options.ts'

/** Options of {@link heal}. */
export interface HealOptions {
  /** The database that the connection address names; it is read from its primary. */
  readonly mongo: Db
  readonly warehouse: MigrationWarehouse
  /**
   * The collection in the source database in which the observers record what they missed.
   *
   * @defaultValue `changeover_coverage`
   */
  readonly coverage?: string
  /**
   * How far beyond both ends of a window to look, in milliseconds: more than the clocks of hosts differ, and more than the longest
   * transaction takes.
   *
   * @defaultValue 300000
   */
  readonly marginMs?: number
  /**
   * How old a window must be before it counts as healed when it is not known whether its events were written, in milliseconds: the
   * database may still be writing them.
   *
   * @defaultValue 60000
   */
  readonly settleMs?: number
  /**
   * How long the warehouse may be away, in milliseconds, such as during a failover. The run waits for it, and then ends with its error.
   *
   * @defaultValue 600000
   */
  readonly outageMs?: number
  /** Called before each wait for the warehouse. */
  readonly onWait?: (wait: OutageWait) => void
  /**
   * Called after each durable batch and each window. The only phase is `heal`, counted in windows; the steps in `spentMs` are `read`,
   * `apply` and `check`. What it throws ends the run.
   */
  readonly onProgress?: (progress: RunProgress) => void
  readonly signal?: AbortSignal
}

export const DEFAULT_HEAL_MARGIN_MS = 300_000
export const DEFAULT_SETTLE_MS = 60_000

const NAMES: OptionNames<HealOptions> = {
  mongo: true,
  warehouse: true,
  coverage: true,
  marginMs: true,
  settleMs: true,
  outageMs: true,
  onWait: true,
  onProgress: true,
  signal: true,
}

export type ResolvedHealOptions = Readonly<Required<HealOptions>>

/** The options with their defaults. Throws a ChangeoverError `CONFIG` for one that is wrong. */
export function resolveHealOptions(options: HealOptions): ResolvedHealOptions {
  const check = checkOptions('heal')
  check.all(options, NAMES)
  return Object.freeze({
    mongo: check.port('mongo', options.mongo, ['collection', 'command']),
    warehouse: check.port('warehouse', options.warehouse, WAREHOUSE_METHODS),
    coverage: options.coverage ?? DEFAULT_COVERAGE_COLLECTION,
    marginMs: check.whole('marginMs', options.marginMs ?? DEFAULT_HEAL_MARGIN_MS, { min: 0 }),
    settleMs: check.whole('settleMs', options.settleMs ?? DEFAULT_SETTLE_MS, { min: 0 }),
    outageMs: check.milliseconds('outageMs', options.outageMs ?? DEFAULT_OUTAGE_MS, { min: 0 }),
    onWait: options.onWait ?? (() => {}),
    onProgress: options.onProgress ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  })
}
