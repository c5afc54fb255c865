import { ProgressMeter, waitOut } from '../core/index.ts'
import {
  Checkpoints,
  compileRegistered,
  countingOf,
  generationsOf,
  readGenerations,
  type Run,
} from '../ledger/index.ts'
import { unknownTypesOf, type CompiledMigration, type Migration, type UnknownTypes } from '../mapping/index.ts'
import type { CallOptions, RegistryPort } from '../warehouse/index.ts'
import { applyMissing, counted, countMissing } from './apply-missing.ts'
import { BatchApplier } from './batch-applier.ts'
import { resolveMigrateOptions, type MigrateOptions } from './options.ts'
import { outdatedTables, type OutdatedTable } from './outdated.ts'
import { readRanges } from './read-ranges.ts'
import { assertSameMapping } from './same-mapping.ts'
import { sliceOf } from './slice.ts'

/** The outcome of a run. */
export interface MigrateResult extends UnknownTypes {
  readonly run: string
  /** Whether it resumed an interrupted run. */
  readonly resumed: boolean
  /** Events read by this call. */
  readonly events: number
  readonly applied: number
  readonly ignored: number
  readonly quarantined: number
  readonly rows: number
  /** Events that were written behind the readers, found by comparing ids with receipts, and applied. */
  readonly late: number
  /**
   * Events without a receipt that counts. Only a run that is limited to some tables leaves any: other tables have changed as well, and
   * wait for these events.
   */
  readonly left: number
  /** Whether a later definition of the migration has been applied by the end: it asks for a migration of its own. */
  readonly isOvertaken: boolean
  /**
   * Rows that hold what only an earlier definition has written, by table: the present one no longer writes it. No merge takes it back; that
   * needs a rebuild. Columns that merge without a stamp (`min`, `max`, `any`, `all`) are not covered, and a run
   * that leaves or quarantines events does not look.
   */
  readonly outdated: readonly OutdatedTable[]
  /** Why events were quarantined: the first few distinct reasons. */
  readonly reasons: readonly string[]
}

/**
 * Replays the history of a source into the warehouse.
 *
 * It may run any number of times, alongside live traffic and other runs. After an interruption, by the signal or by a crash, the next
 * call resumes where it stopped. At the end it compares the ids of all events with the receipts and applies what is missing, so that
 * an event whose id sorts before what was already read is found too.
 *
 * Rejects with a ChangeoverError `CONFIG` when an option is wrong or the source does not exist, `UNREGISTERED` when the definition was
 * not applied to the warehouse, `DEFINITION` when the handlers have changed and the revision has not, `UNREACHABLE`, `DENIED` or `SCHEMA`;
 * with the signal's reason; or with what `onProgress` throws.
 *
 * @example
 * import { migrate, mongoEvents } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = await new MongoClient(process.env.MONGODB_URL!).connect()
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const { applied, quarantined, reasons } = await migrate(history, {
 *   source: mongoEvents(client.db(), history),
 *   warehouse,
 *   onProgress: ({ phase, done, total }) => console.log(`${phase}: ${done} of ${total}`),
 * })
 * console.log(`applied: ${applied}, quarantined: ${quarantined}`, reasons)
 * await client.close()
 */
export async function migrate(migration: Migration, options: MigrateOptions): Promise<MigrateResult> {
  const resolved = resolveMigrateOptions(options)
  const { source, warehouse, ranges, parallel, batchEvents, batchBytes, outageMs, onWait, onProgress, signal } =
    resolved
  // Without waiting: an address that has never worked is an error at once.
  await warehouse.dialect()
  const outage = { maxMs: outageMs, onWait }
  const present = <T>(work: () => Promise<T>): Promise<T> => waitOut(work, { ...outage, signal })
  const compiled = await present(() => compileRegistered(migration, warehouse, { signal }))
  const slice = resolved.tables && sliceOf(compiled, resolved.tables, warehouse)
  const checkpoints = new Checkpoints(warehouse, compiled, slice?.tables)
  if (!resolved.sameMapping) await present(() => assertSameMapping(compiled, checkpoints, { signal }))
  const total = await source.count({ signal })
  const unfinished = resolved.fresh ? undefined : await present(() => checkpoints.unfinished({ signal }))
  const run = unfinished ?? (await begin())
  async function begin(): Promise<Run> {
    const cut = await source.ranges(ranges, { signal })
    return present(() => checkpoints.begin(cut, { signal }))
  }

  const meter = new ProgressMeter(onProgress)
  await using batches = new BatchApplier(compiled, warehouse, { meter, outage, slice })
  meter.begin('read', total, eventsOf(run))
  const bounds = { batchEvents, batchBytes, signal }
  await readRanges(run, { source, checkpoints, batches, meter, outage, bounds, parallel })

  meter.begin('check', total)
  const counting = await present(() => countingOf(compiled, warehouse, { signal }))
  const search = { migration: compiled, source, warehouse, counting, batches, meter, outage, bounds }
  const ids = counted(source.idsBetween(null, null, { signal }), meter)
  const [late, left] = slice ? [0, await countMissing(ids, search)] : [await applyMissing(ids, search), 0]
  const types = await source.types({ signal })
  return {
    run: run.id,
    resumed: unfinished !== undefined,
    ...batches.counts,
    late,
    left,
    isOvertaken: await present(() => isOvertaken(compiled, warehouse, { signal })),
    outdated:
      left + batches.counts.quarantined > 0
        ? []
        : await present(() => outdatedTables(compiled, counting, warehouse, { signal })),
    ...unknownTypesOf(types, compiled.knownTypes),
    reasons: batches.reasons,
  }
}

async function isOvertaken(
  { name, generation }: CompiledMigration,
  warehouse: RegistryPort,
  options: CallOptions,
): Promise<boolean> {
  if (!warehouse.hasRegistry) return false
  return generationsOf(await readGenerations(warehouse, options), name).some(({ number }) => number > generation)
}

/** How many events of a run have been applied so far. */
function eventsOf({ ranges }: Run): number {
  return ranges.reduce((sum, { events }) => sum + events, 0)
}
