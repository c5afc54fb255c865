import { ChangeoverError } from '../../core/index.ts'
import { calendar, type CalendarRange, type PhysicalColumn, type Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { alreadyDone } from '../mysql-errors.ts'
import type { CallOptions, Key, SchemaPort } from '../port.ts'
import { findParams, findSql } from '../read/find.ts'
import { decodeRow } from '../read/rows.ts'
import type { SqlSession } from '../session.ts'
import { bind, quote } from '../sql.ts'
import { readCatalog, type Catalog } from './catalog.ts'
import { planSteps } from './plan.ts'
import type { PlanOptions, Schema, Step } from '../step.ts'

/** Tables and views in MySQL. */
export class MysqlSchema implements SchemaPort {
  readonly #session: SqlSession

  constructor(session: SqlSession) {
    this.#session = session
  }

  dialect(options?: CallOptions): Promise<Dialect> {
    return this.#session.dialect(options)
  }

  async plan(schema: Schema, options: PlanOptions & CallOptions = {}): Promise<Step[]> {
    const { signal, allowDestructive = false, allowWider = false, indexes = true } = options
    const dialect = await this.#session.dialect({ signal })
    const catalog = await readCatalog(this.#session, { signal })
    const calendarDays = schema.calendar ? await this.#daysPresent(schema.calendar, catalog, { signal }) : 0
    return planSteps(schema, { dialect, catalog, calendarDays }, { allowDestructive, allowWider, indexes })
  }

  async apply(steps: readonly Step[], options?: CallOptions): Promise<void> {
    for (const { sql, record } of steps) {
      if (record) await this.#insert(sql, record, options)
      else {
        await this.#session.run(sql, options).catch((thrown: unknown) => {
          if (!alreadyDone(thrown)) throw thrown
        })
      }
    }
  }

  /** Inserts a row unless another process has inserted the same one. */
  async #insert(sql: string, { relation, row }: NonNullable<Step['record']>, options?: CallOptions): Promise<void> {
    try {
      await this.#session.use((connection) => connection.execute(sql, row.map(bind)), options)
    } catch (thrown) {
      const key = row.slice(0, relation.keyLength) as Key
      const raw = await this.#session.selectArrays(findSql(relation), findParams([key]), options)
      const [present] = raw.map((each) => decodeRow(relation, each))
      const isSame = ({ role, type }: PhysicalColumn, i: number): boolean => {
        const [is, wanted] = [present![i]!, row[i]!]
        return role === 'origin' || (is === null || wanted === null ? is === wanted : type.order(is, wanted) === 0)
      }
      if (present === undefined) throw thrown
      if (relation.columns.every(isSame)) return
      throw new ChangeoverError('SCHEMA', `Another process changed ${relation.name} at the same time.`, {
        cause: thrown,
        remedy: 'Plan again, and apply that plan.',
      })
    }
  }

  async clear(relation: Relation, options?: CallOptions): Promise<void> {
    await this.#session.run(`DELETE FROM ${quote(relation.name)}`, options)
  }

  async #daysPresent({ from, to }: CalendarRange, { columns }: Catalog, options: CallOptions): Promise<number> {
    const { name } = calendar.layout.relation
    if (!columns.has(name)) return 0
    const sql = `SELECT COUNT(*) AS n FROM ${quote(name)} WHERE date BETWEEN ? AND ?`
    const [row] = await this.#session.select(sql, [from, to], options)
    return Number(row!['n'])
  }
}
