import { randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'bson'
import { textsDigest, type CompiledMigration } from '../mapping/index.ts'
import {
  bigint,
  blob,
  int,
  text,
  mergeBatch,
  stampOf,
  stampType,
  varchar,
  type Relation,
  type Row,
} from '../star/index.ts'
import type { CallOptions, MergePort, ReadPort } from '../warehouse/index.ts'
import { nextRunId, unfinishedRun, type Checkpoint, type RangeBounds, type RangeProgress, type Run } from './runs.ts'

/** The checkpoints of a migration: a table like all others. The stamp of the progress comes from the number of events. */
export function checkpointsOf({ name }: { readonly name: string }): Relation {
  return {
    name: `_checkpoint_${name}`,
    keyLength: 2,
    columns: [
      { name: 'run_id', type: varchar(40), role: 'key', nullable: false },
      { name: 'range_number', type: int, role: 'key', nullable: false },
      { name: 'generation', type: int, role: 'value', nullable: false },
      { name: 'texts', type: varchar(16), role: 'value', nullable: false },
      { name: 'tables', type: text, role: 'value', nullable: false },
      { name: 'bounds', type: blob, role: 'value', nullable: false },
      { name: 'reached', type: blob, role: 'value', nullable: true },
      { name: 'events', type: bigint, role: 'value', nullable: false },
      { name: 'is_done', type: int, role: 'value', nullable: false },
      { name: 'progress_stamp', type: stampType, role: 'stamp', nullable: false },
    ],
    registers: [
      { merge: 'stamped', columns: [6, 7], stamp: 9 },
      { merge: 'max', column: 8 },
    ],
    comment: 'changeover: how far each range of each migration run has progressed; bounds and reached are BSON',
  }
}

export function checkpointRow({ run, generation, texts, tables, progress }: Checkpoint): Row {
  const { number, range, reached, events, isDone } = progress
  return [
    run,
    number,
    generation,
    texts,
    tables,
    pack(range),
    reached === undefined ? null : pack({ id: reached }),
    BigInt(events),
    Number(isDone),
    stampOf(BigInt(events), run, generation),
  ]
}

/** A row of `checkpointsOf`, read back. */
export function checkpointOf([
  run,
  number,
  generation,
  texts,
  tables,
  bounds,
  reached,
  events,
  isDone,
]: Row): Checkpoint {
  const { from, before } = unpack(bounds as Uint8Array)
  return {
    run: run as string,
    generation: generation as number,
    texts: texts as string,
    tables: tables as string,
    progress: {
      number: number as number,
      range: { from, before },
      reached: reached === null ? undefined : unpack(reached as Uint8Array)['id'],
      events: Number(events),
      isDone: isDone === 1,
    },
  }
}

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
 * run of others is not resumed.
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

function pack(value: object): Uint8Array {
  return serialize(value, { ignoreUndefined: true })
}

function unpack(bytes: Uint8Array): Record<string, unknown> {
  return deserialize(bytes)
}
