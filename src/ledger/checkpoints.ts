import { randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'bson'
import { bigint, blob, int, mergeBatch, stampOf, stampType, varchar, type Relation, type Row } from '../star/index.ts'
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
      { name: 'revision', type: int, role: 'value', nullable: false },
      { name: 'bounds', type: blob, role: 'value', nullable: false },
      { name: 'reached', type: blob, role: 'value', nullable: true },
      { name: 'events', type: bigint, role: 'value', nullable: false },
      { name: 'is_done', type: int, role: 'value', nullable: false },
      { name: 'progress_stamp', type: stampType, role: 'stamp', nullable: false },
    ],
    registers: [
      { merge: 'stamped', columns: [4, 5], stamp: 7 },
      { merge: 'max', column: 6 },
    ],
    comment: 'changeover: how far each range of each migration run has progressed; bounds and reached are BSON',
  }
}

export function checkpointRow({ run, revision, progress }: Checkpoint): Row {
  const { number, range, reached, events, isDone } = progress
  return [
    run,
    number,
    revision,
    pack(range),
    reached === undefined ? null : pack({ id: reached }),
    BigInt(events),
    Number(isDone),
    stampOf(BigInt(events), run, revision),
  ]
}

/** A row of `checkpointsOf`, read back. */
export function checkpointOf([run, number, revision, bounds, reached, events, isDone]: Row): Checkpoint {
  const { from, before } = unpack(bounds as Uint8Array)
  return {
    run: run as string,
    revision: revision as number,
    progress: {
      number: number as number,
      range: { from, before },
      reached: reached === null ? undefined : unpack(reached as Uint8Array)['id'],
      events: Number(events),
      isDone: isDone === 1,
    },
  }
}

/** Keeps the checkpoints of a migration in the warehouse, alongside what they are about. */
export class Checkpoints {
  readonly #warehouse: MergePort & Pick<ReadPort, 'scan'>
  readonly #revision: number
  readonly #relation: Relation

  constructor(
    warehouse: MergePort & Pick<ReadPort, 'scan'>,
    { name, revision }: { readonly name: string; readonly revision: number },
  ) {
    this.#warehouse = warehouse
    this.#revision = revision
    this.#relation = checkpointsOf({ name })
  }

  /** The latest run, if it is of this revision and not finished. */
  async unfinished(options: CallOptions = {}): Promise<Run | undefined> {
    return unfinishedRun(await this.#latest(options), this.#revision)
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
    const rows = ranges.map((progress) => checkpointRow({ run, revision: this.#revision, progress }))
    await this.#warehouse.merge(this.#relation, mergeBatch(this.#relation, rows), options)
  }
}

function pack(value: object): Uint8Array {
  return serialize(value, { ignoreUndefined: true })
}

function unpack(bytes: Uint8Array): Record<string, unknown> {
  return deserialize(bytes)
}
