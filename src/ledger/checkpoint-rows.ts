import { deserialize, serialize } from 'bson'
import { bigint, blob, int, text, stampOf, stampType, varchar, type Relation, type Row } from '../star/index.ts'
import type { Checkpoint } from './runs.ts'

/** The checkpoints of a migration: a relation like all others. The stamp of the progress is that of a position: the number of events. */
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

function pack(value: object): Uint8Array {
  return serialize(value, { ignoreUndefined: true })
}

function unpack(bytes: Uint8Array): Record<string, unknown> {
  return deserialize(bytes)
}
