import { ChangeoverError } from '../../core/index.ts'
import type { Relation, Row } from '../../star/index.ts'
import type { CallOptions, Key, MergePort } from '../port.ts'
import { findParams, keyGroups } from '../read/find.ts'
import type { SqlSession } from '../session.ts'
import { checkFits, chunks, paramsOf, shapeOf } from './chunks.ts'
import { checkSql, mergeSql } from './statement.ts'
import { supersedeSql } from './supersede.ts'

/** How many statements of one batch run in parallel. */
const PARALLEL_STATEMENTS = 2

/** The merge in MySQL: one statement and one transaction per chunk of rows. */
export class MysqlMerge implements MergePort {
  readonly #session: SqlSession
  /** Until the server says otherwise. */
  #mayDelete = true
  #knownPacketBytes: number | undefined

  constructor(session: SqlSession) {
    this.#session = session
  }

  async merge(relation: Relation, rows: readonly Row[], { signal }: CallOptions = {}): Promise<void> {
    const packetBytes = await this.#packetBytes(signal)
    if (rows.length === 0) return this.#check(relation, signal)
    checkFits(relation, rows, packetBytes)
    const waiting = chunks(relation, rows, packetBytes)
    const worker = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
        await this.#mergeChunk(relation, chunk, signal)
      }
    }
    // Waits for both, so that neither is still running when the other has failed.
    const results = await Promise.allSettled(Array.from({ length: PARALLEL_STATEMENTS }, worker))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    await this.#removeSuperseded(relation, rows, signal)
  }

  /**
   * After the rows: whoever merges the other table in the meantime merges this one too, and then finds these. A row that stays does
   * no harm, so a user who may not delete can do without.
   */
  async #removeSuperseded(relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    const { supersedes } = relation
    if (!supersedes || !this.#mayDelete) return
    const sql = supersedeSql(relation, supersedes)
    const keys = rows.map((row) => row.slice(0, relation.keyLength) as Key)
    try {
      for (const group of keyGroups(relation, keys)) {
        await this.#session.use((connection) => connection.execute(sql, findParams(group)), { signal })
      }
    } catch (thrown) {
      if (!(thrown instanceof ChangeoverError) || (thrown.code !== 'DENIED' && thrown.code !== 'SCHEMA')) throw thrown
      if (thrown.code === 'DENIED') this.#mayDelete = false
    }
  }

  async #check(relation: Relation, signal: AbortSignal | undefined): Promise<void> {
    await this.#session.use((connection) => connection.execute(checkSql(relation)), { signal })
  }

  // As the connection that was used last found it. One that finds less, because it was lowered since, refuses what is too large.
  async #packetBytes(signal: AbortSignal | undefined): Promise<number> {
    this.#knownPacketBytes ??= await this.#session.use(async (_, { packetBytes }) => packetBytes, { signal })
    return this.#knownPacketBytes
  }

  async #mergeChunk(relation: Relation, rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    const { counters } = this.#session
    await this.#session.use(
      async (connection, { dialect, packetBytes }) => {
        this.#knownPacketBytes = packetBytes
        const shape = shapeOf(rows)
        await connection.execute(mergeSql(relation, shape, dialect), paramsOf(rows, shape))
        counters.statements++
        counters.rows += rows.length
      },
      { signal },
    )
  }
}
