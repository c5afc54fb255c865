import { calendar, type CalendarRange, type Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { alreadyDone } from '../mysql-errors.ts'
import type { CallOptions, SchemaPort } from '../port.ts'
import type { SqlSession } from '../session.ts'
import { quote } from '../sql.ts'
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
    const { signal, allowDestructive = false, indexes = true } = options
    const dialect = await this.#session.dialect({ signal })
    const catalog = await readCatalog(this.#session, { signal })
    const calendarDays = schema.calendar ? await this.#daysPresent(schema.calendar, catalog, { signal }) : 0
    return planSteps(schema, { dialect, catalog, calendarDays }, { allowDestructive, indexes })
  }

  async apply(steps: readonly Step[], options?: CallOptions): Promise<void> {
    for (const { sql } of steps) {
      await this.#session.run(sql, options).catch((thrown: unknown) => {
        if (!alreadyDone(thrown)) throw thrown
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
