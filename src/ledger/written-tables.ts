import { int, mergeBatch, varchar, type Relation, type Row } from '../star/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'

/** Which tables events of each type have written to. It decides which events a changed table needs to be replayed. */
export function writtenTablesOf(migration: { readonly name: string }): Relation {
  return {
    name: `_written_${migration.name}`,
    keyLength: 2,
    columns: [
      { name: 'event_type', type: int, role: 'key', nullable: false },
      { name: 'table_name', type: varchar(60), role: 'key', nullable: false },
      { name: 'generation', type: int, role: 'value', nullable: false },
    ],
    registers: [{ merge: 'min', column: 2 }],
    comment: 'changeover: the tables that events of a type, by its number, have written to, and since which generation',
  }
}

/** The tables that events have written to, by the numbers of their types. */
export type WrittenTables = ReadonlyMap<number, ReadonlySet<string>>

export async function readWrittenTables(
  migration: { readonly name: string },
  warehouse: Pick<ReadPort, 'scan'>,
  options: CallOptions = {},
): Promise<WrittenTables> {
  const written = new Map<number, Set<string>>()
  for await (const page of warehouse.scan(writtenTablesOf(migration), options)) {
    for (const [type, table] of page) {
      const tables = written.get(type as number) ?? new Set<string>()
      written.set(type as number, tables.add(table as string))
    }
  }
  return written
}

/** Remembers which pairs of event type and table a worker has recorded. */
export class WrittenPairs {
  readonly relation: Relation
  readonly #generation: number
  readonly #known = new Set<string>()

  constructor(migration: { readonly name: string; readonly generation: number }) {
    this.relation = writtenTablesOf(migration)
    this.#generation = migration.generation
  }

  /** The rows of those pairs that are not known to be written. */
  unwritten(pairs: Iterable<readonly [type: number, table: string]>): Row[] {
    const rows = [...pairs]
      .filter((pair) => !this.#known.has(pair.join(' ')))
      .map(([type, table]): Row => [type, table, this.#generation])
    return mergeBatch(this.relation, rows)
  }

  /** Notes that rows have been written. */
  wrote(rows: readonly Row[]): void {
    for (const [type, table] of rows) this.#known.add(`${String(type)} ${String(table)}`)
  }
}
