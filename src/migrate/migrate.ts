import { createApplier } from '../apply/index.ts'
import { ProgressMeter, waitOut } from '../core/index.ts'
import { Checkpoints, type Run } from '../ledger/index.ts'
import { compile, type Migration } from '../mapping/index.ts'
import { applyMissing, counted } from './apply-missing.ts'
import { BatchApplier } from './batch-applier.ts'
import { resolveMigrateOptions, type MigrateOptions } from './options.ts'
import { readRanges } from './read-ranges.ts'
import { unknownTypesOf, type UnknownTypes } from './unknown-types.ts'

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
 * Rejects with a ChangeoverError `CONFIG` when an option is wrong or the source does not exist, `UNREACHABLE`, `DENIED` or `SCHEMA`;
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
  const { source, warehouse, ranges, parallel, batchEvents, batchBytes, outageMs, onWait, fresh, onProgress, signal } =
    resolveMigrateOptions(options)
  const compiled = compile(migration)
  // Not waited for: an address that never worked is an error at once.
  await warehouse.dialect()
  const total = await source.count({ signal })
  const checkpoints = new Checkpoints(warehouse, compiled)
  const outage = { maxMs: outageMs, onWait }
  const present = <T>(work: () => Promise<T>): Promise<T> => waitOut(work, { ...outage, signal })
  const unfinished = fresh ? undefined : await present(() => checkpoints.unfinished({ signal }))
  const run = unfinished ?? (await begin())
  async function begin(): Promise<Run> {
    const cut = await source.ranges(ranges, { signal })
    return present(() => checkpoints.begin(cut, { signal }))
  }

  const meter = new ProgressMeter(onProgress)
  const batches = new BatchApplier(createApplier(compiled, warehouse), meter, outage)
  meter.begin('read', total, eventsOf(run))
  const bounds = { batchEvents, batchBytes, signal }
  await readRanges(run, { source, checkpoints, batches, meter, outage, bounds, parallel })

  meter.begin('check', total)
  const ids = counted(source.idsBetween(null, null, { signal }), meter)
  const late = await applyMissing(ids, { migration: compiled, source, warehouse, batches, meter, outage, bounds })
  const types = await source.types({ signal })
  return {
    run: run.id,
    resumed: unfinished !== undefined,
    ...batches.counts,
    late,
    ...unknownTypesOf(types, compiled.knownTypes),
    reasons: batches.reasons,
  }
}

/** How many events of a run have been applied so far. */
function eventsOf({ ranges }: Run): number {
  return ranges.reduce((sum, { events }) => sum + events, 0)
}
