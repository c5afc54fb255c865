import {
  bucketsOf,
  encodeCells,
  isContested,
  isOutdated,
  isSuperseded,
  keyText,
  mergeBatch,
  mergeRows,
  saysAnything,
  type AnyTable,
  type Buckets,
  type Cell,
  type PhysicalColumn,
  type Relation,
  type Row,
} from '../star/index.ts'
import { conflictsOf } from './checks/conflicts.ts'
import type {
  CallOptions,
  Conflicts,
  Key,
  MergePort,
  OutdatedRegister,
  ReadPort,
  RegistryPort,
  RowCount,
  ScanOptions,
  SchemaPort,
} from './port.ts'
import { resolveScan } from './read/scan.ts'

/** A warehouse in memory, by the pure merge: for tests of a mapping, and to compute what a real one should hold. */
export interface MemoryWarehouse extends MergePort, ReadPort, RegistryPort, Pick<SchemaPort, 'clear'> {
  /** The rows of a table, in no particular order. */
  rows(relation: Relation): readonly Row[]
}

/**
 * A warehouse in memory.
 *
 * @example
 * import { createSink } from 'changeover/sink'
 * import { memoryWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * const warehouse = memoryWarehouse()
 * await createSink(history, { warehouse }).handle([{ id: 'a', body: '…' }])
 * for (const { layout } of Object.values(history.tables)) console.log(warehouse.rows(layout.relation))
 */
export function memoryWarehouse(): MemoryWarehouse {
  return new InMemory()
}

class InMemory implements MemoryWarehouse {
  readonly hasRegistry = false
  /** Rows by key, by table. */
  readonly #tables = new Map<string, Map<string, Row>>()

  rows(relation: Relation): Row[] {
    return [...(this.#tables.get(relation.name)?.values() ?? [])]
  }

  async clear(relation: Relation): Promise<void> {
    this.#tables.delete(relation.name)
  }

  async merge(relation: Relation, rows: readonly Row[], { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const table = this.#tables.get(relation.name) ?? new Map<string, Row>()
    this.#tables.set(relation.name, table)
    for (const row of rows) {
      const key = keyText(relation, row)
      const known = table.get(key)
      const merged = known ? mergeRows(relation, known, row) : row
      table.set(key, merged)
      const { supersedes } = relation
      const others = supersedes && this.#tables.get(supersedes.relation.name)
      const other = others?.get(key)
      if (supersedes && other && isSuperseded(supersedes, merged, other)) others!.delete(key)
    }
  }

  async find(relation: Relation, keys: readonly Key[], { signal }: CallOptions = {}): Promise<Row[]> {
    signal?.throwIfAborted()
    const table = this.#tables.get(relation.name)
    const wanted = new Set(keys.map((key) => keyText(relation, key)))
    return [...wanted].flatMap((key) => {
      const row = table?.get(key)
      return row === undefined ? [] : [row]
    })
  }

  async *scan(relation: Relation, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    const { signal, pageRows } = resolveScan(options)
    const sorted = mergeBatch(relation, this.rows(relation))
    for (let at = 0; at < sorted.length; at += pageRows) {
      signal?.throwIfAborted()
      yield sorted.slice(at, at + pageRows)
    }
  }

  async countBy(relation: Relation, columns: readonly number[], { signal }: CallOptions = {}): Promise<RowCount[]> {
    signal?.throwIfAborted()
    // A comparison would not see the generation in a stamp.
    const by = columns.map((index): PhysicalColumn => ({ ...relation.columns[index]!, role: 'value' }))
    const counts = new Map<string, { readonly cells: readonly Cell[]; rows: number }>()
    for (const row of this.rows(relation)) {
      const cells = columns.map((index) => row[index]!)
      const name = encodeCells(by, cells)
      const known = counts.get(name) ?? { cells, rows: 0 }
      counts.set(name, { cells, rows: known.rows + 1 })
    }
    return [...counts.values()]
  }

  async outdated(relation: Relation, generation: number, { signal }: CallOptions = {}): Promise<OutdatedRegister[]> {
    signal?.throwIfAborted()
    const rows = this.rows(relation).filter((row) => saysAnything(relation, row))
    return relation.columns.flatMap(({ name, role }, index) => {
      if (role !== 'stamp') return []
      const outdated = rows.filter((row) => isOutdated(row[index] as Uint8Array, generation)).length
      return outdated > 0 ? [{ stamp: name, rows: outdated }] : []
    })
  }

  async buckets(relation: Relation, { signal }: CallOptions = {}): Promise<Buckets> {
    signal?.throwIfAborted()
    return bucketsOf(relation, this.rows(relation))
  }

  async conflicts(tables: readonly AnyTable[], { signal }: CallOptions = {}): Promise<Conflicts[]> {
    signal?.throwIfAborted()
    return tables.flatMap((table) => {
      const { relation, content } = table.layout
      if (!content) return []
      const rows = mergeBatch(relation, this.rows(relation)).filter((row) => {
        const [high, low] = [row[content.high], row[content.low]]
        return typeof high === 'bigint' && typeof low === 'bigint' && isContested(high, low)
      })
      return rows.length === 0 ? [] : [conflictsOf(table, rows.length, rows)]
    })
  }
}
