import { ChangeoverError, messageOf } from '../core/index.ts'
import { mergeBatch, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { blameOf } from './blame.ts'
import { isolate, type Isolated } from './isolate.ts'
import type { MappedEvent } from './map-batch.ts'

/** Rows that were merged, by table. To merge one again changes nothing, and shows that the table takes rows. */
export type Witnesses = Map<Relation, Row>

/**
 * Writes the rows of the applied events and gives the number of rows, after those of one key were merged. An event whose rows the
 * server refuses while it takes others is given back with the reason.
 *
 * @param witnesses kept from one batch to the next
 */
export async function writeRows(
  target: MergePort,
  relations: readonly Relation[],
  events: readonly MappedEvent[],
  signal: AbortSignal | undefined,
  witnesses: Witnesses = new Map(),
): Promise<Isolated<MappedEvent>> {
  const applied = events.filter(({ mapped }) => mapped.outcome === 'applied')
  const tablesOf = (some: readonly MappedEvent[]): Relation[] =>
    [...rowsByRelation(relations, some)].filter(([, rows]) => rows.length > 0).map(([relation]) => relation)
  return isolate(applied, {
    async write(some) {
      let written = 0
      for (const [relation, rows] of rowsByRelation(relations, some)) {
        if (rows.length === 0) continue
        const merged = mergeBatch(relation, rows)
        await target.merge(relation, merged, { signal })
        witnesses.set(relation, merged[0]!)
        written += merged.length
      }
      return written
    },
    async check(some) {
      for (const relation of tablesOf(some)) await target.merge(relation, [], { signal })
    },
    async control(event) {
      for (const relation of tablesOf([event])) {
        const witness = witnesses.get(relation)
        if (!witness) throw new ChangeoverError('FAILING', `The table ${relation.name} has taken no row so far.`)
        await target.merge(relation, [witness], { signal })
      }
    },
    blameOf: (thrown) => blameOf(thrown, signal),
    reasonOf: messageOf,
  })
}

/** The rows of applied events by table, in the order in which the tables are written. */
export function rowsByRelation(
  relations: readonly Relation[],
  events: readonly MappedEvent[],
): ReadonlyMap<Relation, readonly Row[]> {
  const rows = new Map<Relation, Row[]>(relations.map((relation) => [relation, []]))
  for (const { mapped } of events) {
    if (mapped.outcome !== 'applied') continue
    // A run may be limited to some tables.
    for (const { relation, row } of mapped.rows) rows.get(relation)?.push(row)
  }
  return rows
}
