import { randomBytes } from 'node:crypto'
import { textsDigest, type CompiledMigration } from '../mapping/index.ts'
import { mergeBatch, type Relation } from '../star/index.ts'
import type { CallOptions, MergePort, ReadPort } from '../warehouse/index.ts'
import { checkpointOf, checkpointRow, checkpointsOf } from './checkpoint-rows.ts'
import { nextRunId, unfinishedRun, type Checkpoint, type RangeBounds, type RangeProgress, type Run } from './runs.ts'

/** All checkpoints of a migration, those of one run together. */
export async function readCheckpoints(
  migration: { readonly name: string },
  warehouse: Pick<ReadPort, 'scan'>,
  options: CallOptions = {},
): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = []
  for await (const page of warehouse.scan(checkpointsOf(migration), options))
    checkpoints.push(...page.map(checkpointOf))
  return checkpoints
}

/**
 * Keeps the checkpoints of a migration in the warehouse, alongside what they are about. `tables` are those that a run is limited to; a
 * run that is limited to others is not resumed.
 */
export class Checkpoints {
  readonly #warehouse: MergePort & Pick<ReadPort, 'scan'>
  readonly #generation: number
  readonly #texts: string
  readonly #tables: string
  readonly #relation: Relation

  constructor(
    warehouse: MergePort & Pick<ReadPort, 'scan'>,
    migration: Pick<CompiledMigration, 'name' | 'generation' | 'definition'>,
    tables?: ReadonlySet<string>,
  ) {
    this.#warehouse = warehouse
    this.#generation = migration.generation
    this.#texts = textsDigest(migration.definition.texts)
    this.#tables = tables === undefined ? '' : [...tables].toSorted().join(' ')
    this.#relation = checkpointsOf(migration)
  }

  /** The latest run, if it is of this generation and these tables, and not finished. */
  async unfinished(options: CallOptions = {}): Promise<Run | undefined> {
    const latest = await this.#latest(options)
    return latest[0]?.tables === this.#tables ? unfinishedRun(latest, this.#generation) : undefined
  }

  /** The digest of the handlers' texts at the latest run, if it was of this generation. */
  async latestTexts(options: CallOptions = {}): Promise<string | undefined> {
    const [latest] = await this.#latest(options)
    return latest?.generation === this.#generation ? latest.texts : undefined
  }

  /**
   * Writes a new run before its first batch, so that a resumed one has the same ranges. Many ranges take several statements, so the
   * first range is written last: a run that has it has all.
   */
  async begin(ranges: readonly RangeBounds[], options: CallOptions = {}): Promise<Run> {
    const [latest] = await this.#latest(options)
    const run = {
      id: nextRunId(latest?.run, randomBytes(4).toString('hex')),
      ranges: ranges.map((range, number) => ({ number, range, reached: undefined, events: 0, isDone: false })),
    }
    await this.#write(run.id, run.ranges.slice(1), options)
    await this.#write(run.id, run.ranges.slice(0, 1), options)
    return run
  }

  /** Moves a range to the last event that was durably applied. */
  async save(run: string, progress: RangeProgress, options: CallOptions = {}): Promise<void> {
    await this.#write(run, [progress], options)
  }

  /** The checkpoints of the run with the greatest id. */
  async #latest(options: CallOptions): Promise<readonly Checkpoint[]> {
    let latest: Checkpoint[] = []
    // The key begins with the run, so the rows of the latest run come last.
    for await (const page of this.#warehouse.scan(this.#relation, options)) {
      for (const row of page) {
        const checkpoint = checkpointOf(row)
        if (checkpoint.run !== latest[0]?.run) latest = []
        latest.push(checkpoint)
      }
    }
    return latest
  }

  async #write(run: string, ranges: readonly RangeProgress[], options: CallOptions): Promise<void> {
    const rows = ranges.map((progress) =>
      checkpointRow({ run, generation: this.#generation, texts: this.#texts, tables: this.#tables, progress }),
    )
    await this.#warehouse.merge(this.#relation, mergeBatch(this.#relation, rows), options)
  }
}
