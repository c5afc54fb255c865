import { randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'bson'
import type { CompiledMigration } from '../mapping/index.ts'
import { mergeBatch, type Relation, type Row, stampOf, bigint, int, blob, stampType, varchar } from '../star/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { Range } from '../stream/index.ts'

/** How far one range of one run has come. */
export interface RangeProgress {
  readonly number: number
  readonly range: Range
  /** The `_id` up to which everything is durable; undefined before the first batch. */
  readonly reached: unknown
  readonly events: number
  readonly isDone: boolean
}

/** A run of a migration: its ranges and how far each is. */
export interface Run {
  readonly id: string
  readonly ranges: readonly RangeProgress[]
}

/** The checkpoints of a migration: a table like all others, its progress a register stamped by the number of events. */
export function checkpointRelation(migration: { readonly name: string }): Relation {
  return {
    name: `_checkpoint_${migration.name}`,
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
    comment: 'changeover: how far each range of each migration run has come; bounds and reached are BSON',
  }
}

/** Keeps checkpoints in the warehouse, beside what they speak of. */
export class Checkpoints {
  readonly #warehouse: Warehouse
  readonly #migration: Pick<CompiledMigration, 'name' | 'revision'>
  readonly #relation: Relation

  constructor(warehouse: Warehouse, migration: Pick<CompiledMigration, 'name' | 'revision'>) {
    this.#warehouse = warehouse
    this.#migration = migration
    this.#relation = checkpointRelation(migration)
  }

  /** The latest run, if it is of this revision and not finished. */
  async unfinished(): Promise<Run | undefined> {
    const rows = await this.#warehouse.select(
      `SELECT run_id, range_number, revision, bounds, reached, events, is_done FROM \`${this.#relation.name}\` ` +
        `WHERE run_id = (SELECT MAX(run_id) FROM \`${this.#relation.name}\`) ORDER BY range_number`,
    )
    const isOpen = rows.some(
      (row) => Number(row['is_done']) === 0 && Number(row['revision']) === this.#migration.revision,
    )
    if (!isOpen) return undefined
    const ranges = rows.map((row) => ({
      number: Number(row['range_number']),
      range: unpack(row['bounds']) as Range,
      reached: row['reached'] === null ? undefined : (unpack(row['reached']) as { id: unknown }).id,
      events: Number(row['events']),
      isDone: Number(row['is_done']) === 1,
    }))
    return { id: String(rows[0]!['run_id']), ranges }
  }

  /** Writes down a new run before its first batch, so that a resumed one has the same ranges. */
  async begin(ranges: readonly Range[], now: Date): Promise<Run> {
    const id = `${now.toISOString()}-${randomBytes(4).toString('hex')}`
    const run = {
      id,
      ranges: ranges.map((range, number) => ({ number, range, reached: undefined, events: 0, isDone: false })),
    }
    await this.#write(id, run.ranges)
    return run
  }

  /** Moves a range to what has been durably applied. */
  async save(runId: string, progress: RangeProgress): Promise<void> {
    await this.#write(runId, [progress])
  }

  async #write(runId: string, ranges: readonly RangeProgress[]): Promise<void> {
    const rows = ranges.map(({ number, range, reached, events, isDone }): Row => [
      runId,
      number,
      this.#migration.revision,
      pack(range),
      reached === undefined ? null : pack({ id: reached }),
      BigInt(events),
      Number(isDone),
      stampOf(BigInt(events), runId, this.#migration.revision),
    ])
    await this.#warehouse.merge(this.#relation, mergeBatch(this.#relation, rows))
  }
}

function pack(value: object): Uint8Array {
  return serialize(value, { ignoreUndefined: true })
}

function unpack(raw: unknown): unknown {
  return deserialize(raw as Uint8Array)
}
