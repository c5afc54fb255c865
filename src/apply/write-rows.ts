import { ChangeoverError } from '../core/index.ts'
import { mergeBatch, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { isolate, type Isolated } from './isolate.ts'
import type { MappedEvent } from './map-batch.ts'

/**
 * Writes the rows of the applied events. Resolves to the number of rows, after those of one key were merged, and to the events that
 * have a value that the server refuses although the definitions allow it, each with the reason.
 */
export async function writeRows(
  target: MergePort,
  relations: readonly Relation[],
  events: readonly MappedEvent[],
  signal: AbortSignal | undefined,
): Promise<Isolated<MappedEvent>> {
  const applied = events.filter(({ mapped }) => mapped.outcome === 'applied')
  const write = async (some: readonly MappedEvent[]): Promise<number> => {
    let written = 0
    for (const [relation, rows] of rowsByRelation(relations, some)) {
      const merged = mergeBatch(relation, rows)
      await target.merge(relation, merged, { signal })
      written += merged.length
    }
    return written
  }
  return isolate(applied, write, refusedValue)
}

/** The rows of applied events by table, in the order in which the tables are written. */
export function rowsByRelation(
  relations: readonly Relation[],
  events: readonly MappedEvent[],
): ReadonlyMap<Relation, readonly Row[]> {
  const rows = new Map<Relation, Row[]>(relations.map((relation) => [relation, []]))
  for (const { mapped } of events) {
    if (mapped.outcome !== 'applied') continue
    for (const { relation, row } of mapped.rows) rows.get(relation)!.push(row)
  }
  return rows
}

function refusedValue(thrown: unknown): string | undefined {
  return thrown instanceof ChangeoverError && thrown.code === 'VALUE' ? thrown.message : undefined
}
