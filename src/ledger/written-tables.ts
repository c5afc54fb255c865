import type { CompiledMigration, Mapped } from '../mapping/index.ts'
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
  readonly #numbers: ReadonlyMap<string, number>
  readonly #tables: ReadonlyMap<Relation, string>
  readonly #known = new Map<number, Set<string>>()

  /** @param numbers the numbers of the event types, by their names */
  constructor(
    migration: Pick<CompiledMigration, 'name' | 'generation' | 'relationsByTable'>,
    numbers: ReadonlyMap<string, number>,
  ) {
    this.relation = writtenTablesOf(migration)
    this.#generation = migration.generation
    this.#numbers = numbers
    this.#tables = new Map(
      [...migration.relationsByTable].flatMap(([table, relations]) => relations.map((relation) => [relation, table])),
    )
  }

  /** The rows of those pairs of applied events that are not known to be written. */
  unwritten(events: readonly { readonly mapped: Mapped }[]): Row[] {
    const rows: Row[] = []
    for (const { mapped } of events) {
      if (mapped.outcome !== 'applied') continue
      const type = this.#numbers.get(mapped.type)!
      const known = this.#known.get(type)
      for (const { relation } of mapped.rows) {
        const table = this.#tables.get(relation)!
        if (!known?.has(table)) rows.push([type, table, this.#generation])
      }
    }
    return mergeBatch(this.relation, rows)
  }

  /** Notes that rows have been written. */
  wrote(rows: readonly Row[]): void {
    for (const [type, table] of rows) {
      const tables = this.#known.get(type as number) ?? new Set<string>()
      this.#known.set(type as number, tables.add(table as string))
    }
  }
}
