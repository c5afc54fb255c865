import { checkOptions, type OptionNames, type OutageWait, type RunProgress } from '../core/index.ts'
import type { EventSource } from '../stream/index.ts'
import type { MergePort, ReadPort, RegistryPort, SchemaPort } from '../warehouse/index.ts'

/** The part of a warehouse that a migration needs. */
export type MigrationWarehouse = MergePort &
  Pick<ReadPort, 'find' | 'outdated'> &
  RegistryPort &
  Pick<SchemaPort, 'dialect'>

/** The methods of {@link MigrationWarehouse}, for the check of options. */
export const WAREHOUSE_METHODS: readonly (keyof MigrationWarehouse)[] = ['merge', 'find', 'scan', 'outdated', 'dialect']

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** The events to migrate, such as `mongoEvents(db, migration)`; reading from a secondary is enough. */
  readonly source: EventSource
  readonly warehouse: MigrationWarehouse
  /**
   * How many ranges the history is cut into, up to 100,000.
   *
   * @defaultValue 16
   */
  readonly ranges?: number
  /**
   * How many ranges are read at the same time, up to 1000.
   *
   * @defaultValue 2
   */
  readonly parallel?: number
  /**
   * How many events are read, merged and written per batch.
   *
   * @defaultValue 1000
   */
  readonly batchEvents?: number
  /**
   * How many bytes of BSON a batch holds at most; one event at least. It bounds the memory of a run, with `parallel`.
   *
   * @defaultValue 8388608
   */
  readonly batchBytes?: number
  /**
   * How long the warehouse may be away, in milliseconds, such as during a failover. The run waits for it, and then ends with its error.
   *
   * @defaultValue 600000
   */
  readonly outageMs?: number
  /** Called before each wait for the warehouse. */
  readonly onWait?: (wait: OutageWait) => void
  /**
   * Starts from the beginning even when the last run was interrupted.
   *
   * @defaultValue false
   */
  readonly fresh?: boolean
  /**
   * The only tables to write to. Events get receipts only where no other table waits for them; the others are counted as `left`.
   *
   * @defaultValue all
   */
  readonly tables?: readonly string[]
  /**
   * Whether handlers map as they did in the last run of this definition although their text has changed.
   *
   * @defaultValue false
   */
  readonly sameMapping?: boolean
  /**
   * Called after each durable batch, and as the check at the end proceeds. The phases are `read` and `check`, both counted in events;
   * the steps in `spentMs` are `read`, `apply`, `checkpoint` and `check`. What it throws ends the run.
   */
  readonly onProgress?: (progress: RunProgress) => void
  readonly signal?: AbortSignal
}

export const DEFAULT_RANGES = 16
/** Each range has a checkpoint. */
const MAX_RANGES = 100_000
/** Each reader has a cursor. */
const MAX_PARALLEL = 1000
export const DEFAULT_PARALLEL = 2
export const DEFAULT_BATCH_EVENTS = 1000
export const DEFAULT_OUTAGE_MS = 600_000
export const DEFAULT_BATCH_BYTES: number = 8 * 2 ** 20

const NAMES: OptionNames<MigrateOptions> = {
  source: true,
  warehouse: true,
  ranges: true,
  parallel: true,
  batchEvents: true,
  batchBytes: true,
  outageMs: true,
  onWait: true,
  fresh: true,
  tables: true,
  sameMapping: true,
  onProgress: true,
  signal: true,
}

export type ResolvedMigrateOptions = Readonly<Required<Omit<MigrateOptions, 'tables'>>> & {
  readonly tables: readonly string[] | undefined
}

/** The options with their defaults. Throws a ChangeoverError `CONFIG` for one that is wrong. */
export function resolveMigrateOptions(options: MigrateOptions): ResolvedMigrateOptions {
  const check = checkOptions('migrate')
  check.all(options, NAMES)
  return Object.freeze({
    source: check.port('source', options.source, ['ranges', 'read', 'byIds', 'idsBetween', 'count', 'types']),
    warehouse: check.port('warehouse', options.warehouse, WAREHOUSE_METHODS),
    ranges: check.whole('ranges', options.ranges ?? DEFAULT_RANGES, { min: 1, max: MAX_RANGES }),
    parallel: check.whole('parallel', options.parallel ?? DEFAULT_PARALLEL, { min: 1, max: MAX_PARALLEL }),
    batchEvents: check.whole('batchEvents', options.batchEvents ?? DEFAULT_BATCH_EVENTS, { min: 1 }),
    batchBytes: check.whole('batchBytes', options.batchBytes ?? DEFAULT_BATCH_BYTES, { min: 1 }),
    outageMs: check.milliseconds('outageMs', options.outageMs ?? DEFAULT_OUTAGE_MS, { min: 0 }),
    onWait: options.onWait ?? (() => {}),
    fresh: options.fresh ?? false,
    tables: options.tables,
    sameMapping: options.sameMapping ?? false,
    onProgress: options.onProgress ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  })
}
