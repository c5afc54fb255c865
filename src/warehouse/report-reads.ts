import {
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'

/** The names in a report's queries: tables, views and columns, and aliases. */
export interface ReportReads {
  readonly names: ReadonlySet<string>
  /** Whether it selects all columns of something. */
  readonly selectsAll: boolean
}

/** A warehouse without rows. */
export interface EmptyWarehouse {
  reader<DB>(): Kysely<DB>
}

/**
 * Runs a report against a reader that answers every query with no rows, and returns the names in its queries. Queries that depend on
 * rows are not seen.
 *
 * @param run calls the report with a warehouse to read from; what it rejects with is ignored
 */
export async function namesRead(run: (warehouse: EmptyWarehouse) => Promise<unknown>): Promise<ReportReads> {
  const queries: string[] = []
  const dialect: Dialect = {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new RecordingDriver(queries),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  }
  // A report may expect a row and fail without it. The names in its queries up to then still count.
  await run({ reader: <DB>() => new Kysely<DB>({ dialect }) }).catch(() => {})
  return {
    names: new Set(queries.flatMap((sql) => [...sql.matchAll(/`((?:[^`]|``)+)`/g)].map(([, name]) => name!))),
    selectsAll: queries.some((sql) => /(?:select|,)\s+(?:distinct\s+)?(?:`\w+`\.)?\*/i.test(sql)),
  }
}

class RecordingDriver implements Driver {
  readonly #queries: string[]

  constructor(queries: string[]) {
    this.#queries = queries
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const queries = this.#queries
    return {
      async executeQuery<R>({ sql }: CompiledQuery): Promise<QueryResult<R>> {
        queries.push(sql)
        return { rows: [] }
      },
      async *streamQuery<R>({ sql }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
        queries.push(sql)
        yield { rows: [] }
      },
    }
  }

  async init(): Promise<void> {}
  async beginTransaction(): Promise<void> {}
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
