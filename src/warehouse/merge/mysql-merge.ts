import type { Relation, Row } from '../../star/index.ts'
import type { CallOptions, MergePort } from '../port.ts'
import type { SqlSession } from '../session.ts'
import { chunks, paramsOf, shapeOf } from './chunks.ts'
import { mergeSql } from './statement.ts'

/** How many statements of one batch run in parallel. */
const PARALLEL_STATEMENTS = 2

/** The merge in MySQL: one statement and one transaction per chunk of rows. */
export class MysqlMerge implements MergePort {
  readonly #session: SqlSession

  constructor(session: SqlSession) {
    this.#session = session
  }

  async merge(relation: Relation, rows: readonly Row[], { signal }: CallOptions = {}): Promise<void> {
    const waiting = chunks(relation, rows)
    const worker = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
        await this.#mergeChunk(relation, chunk, signal)
      }
    }
    // Waits for both, so that neither is still running when the other has failed.
    const results = await Promise.allSettled(Array.from({ length: PARALLEL_STATEMENTS }, worker))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #mergeChunk(relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    const { counters } = this.#session
    await this.#session.use(
      async (connection, dialect) => {
        const shape = shapeOf(rows)
        await connection.execute(mergeSql(relation, shape, dialect), paramsOf(rows, shape))
        counters.statements++
        counters.rows += rows.length
      },
      { signal },
    )
  }
}
