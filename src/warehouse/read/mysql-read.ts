import type { AnyTable, Buckets, Relation, Row } from '../../star/index.ts'
import { bucketsIn, bucketsSql } from '../checks/buckets.ts'
import { countBySql, outdatedSql, stampsOf } from '../checks/counts.ts'
import { conflictsOf, countConflictsSql, listConflictsSql } from '../checks/conflicts.ts'
import type { CallOptions, Conflicts, Key, OutdatedRegister, ReadPort, RowCount, ScanOptions } from '../port.ts'
import type { SqlSession } from '../session.ts'
import { needsOneShard, selectOnShards } from '../shards.ts'
import { findParams, findSql, keyGroups } from './find.ts'
import { decodeRow } from './rows.ts'
import { pageParams, pageSql, resolveScan } from './scan.ts'

/** Rows read back from MySQL, and what it computes over them. */
export class MysqlRead implements ReadPort {
  readonly #session: SqlSession

  constructor(session: SqlSession) {
    this.#session = session
  }

  async find(relation: Relation, keys: readonly Key[], options?: CallOptions): Promise<Row[]> {
    const found: Row[] = []
    for (const group of keyGroups(relation, keys)) {
      const rows = await this.#session.selectArrays(findSql(relation), findParams(group), options)
      for (const row of rows) found.push(decodeRow(relation, row))
    }
    return found
  }

  async *scan(relation: Relation, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    const { signal, pageRows } = resolveScan(options)
    let last: Row | undefined
    for (;;) {
      const sql = pageSql(relation, pageRows, last !== undefined)
      const raw = await this.#session.selectArrays(sql, last ? pageParams(relation, last) : [], { signal })
      const page = raw.map((row) => decodeRow(relation, row))
      if (page.length > 0) yield page
      if (page.length < pageRows) return
      last = page.at(-1)
    }
  }

  async countBy(relation: Relation, columns: readonly number[], options?: CallOptions): Promise<RowCount[]> {
    const by = { ...relation, columns: columns.map((index) => relation.columns[index]!) }
    const sql = countBySql(relation, columns)
    const raw = await this.#session.selectArrays(sql, [], { ...options, isLong: true })
    return raw.map((row) => ({ cells: decodeRow(by, row), rows: Number(row.at(-1)) }))
  }

  async outdated(relation: Relation, generation: number, options?: CallOptions): Promise<OutdatedRegister[]> {
    options?.signal?.throwIfAborted()
    if (stampsOf(relation).length === 0) return []
    const [row] = await this.#session.select(outdatedSql(relation, generation), [], { ...options, isLong: true })
    return Object.entries(row!).flatMap(([stamp, rows]) => (Number(rows) > 0 ? [{ stamp, rows: Number(rows) }] : []))
  }

  async buckets(relation: Relation, options?: CallOptions): Promise<Buckets> {
    const sql = bucketsSql(relation)
    const long = { ...options, isLong: true }
    try {
      return bucketsIn(await this.#session.select(sql, [], long))
    } catch (thrown) {
      if (!needsOneShard(thrown)) throw thrown
      return bucketsIn(await selectOnShards(this.#session, sql, long))
    }
  }

  async conflicts(tables: readonly AnyTable[], options?: CallOptions): Promise<Conflicts[]> {
    const found: Conflicts[] = []
    for (const table of tables) {
      if (!table.layout.content) continue
      const { relation } = table.layout
      const [counted] = await this.#session.selectArrays(countConflictsSql(relation), [], { ...options, isLong: true })
      const count = Number(counted![0])
      if (count === 0) continue
      const raw = await this.#session.selectArrays(listConflictsSql(relation), [], { ...options, isLong: true })
      const key = { ...relation, columns: relation.columns.slice(0, relation.keyLength) }
      found.push(
        conflictsOf(
          table,
          count,
          raw.map((row) => decodeRow(key, row)),
        ),
      )
    }
    return found
  }
}
