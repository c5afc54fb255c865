import type { CallOptions } from '../port.ts'
import type { SqlSession } from '../session.ts'

/** A column as the server describes it. */
export interface CatalogColumn {
  /** `varchar(60)`, `int(11)` */
  readonly type: string
  readonly collation: string | undefined
  readonly comment: string
}

export interface CatalogKey {
  readonly name: string
  readonly columns: readonly string[]
}

/** What is in the warehouse's database now. */
export interface Catalog {
  /** Columns by name, in order, by table or view. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, CatalogColumn>>
  /** Unique keys by table; the primary key is named `PRIMARY`. */
  readonly keys: ReadonlyMap<string, readonly CatalogKey[]>
  /** The definitions of views; empty where the user may not see one. */
  readonly views: ReadonlyMap<string, string>
}

export async function readCatalog(session: SqlSession, options: CallOptions): Promise<Catalog> {
  const views = await session.select(
    'SELECT TABLE_NAME AS t, VIEW_DEFINITION AS d FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()',
    [],
    options,
  )
  return {
    columns: await columnsPresent(session, options),
    keys: await uniqueKeysPresent(session, options),
    views: new Map(views.map(({ t, d }) => [String(t), String(d ?? '')])),
  }
}

async function columnsPresent(
  session: SqlSession,
  options: CallOptions,
): Promise<Map<string, Map<string, CatalogColumn>>> {
  const rows = await session.select(
    'SELECT TABLE_NAME AS t, COLUMN_NAME AS c, COLUMN_TYPE AS ty, COLLATION_NAME AS co, COLUMN_COMMENT AS said FROM information_schema.COLUMNS ' +
      'WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION',
    [],
    options,
  )
  const tables = new Map<string, Map<string, CatalogColumn>>()
  for (const { t, c, ty, co, said } of rows) {
    const columns = tables.get(String(t)) ?? new Map<string, CatalogColumn>()
    tables.set(
      String(t),
      columns.set(String(c), {
        type: String(ty),
        collation: typeof co === 'string' ? co : undefined,
        comment: String(said),
      }),
    )
  }
  return tables
}

async function uniqueKeysPresent(
  session: SqlSession,
  options: CallOptions,
): Promise<Map<string, { name: string; columns: string[] }[]>> {
  const rows = await session.select(
    'SELECT TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c FROM information_schema.STATISTICS ' +
      'WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX',
    [],
    options,
  )
  const tables = new Map<string, { name: string; columns: string[] }[]>()
  for (const { t, i, c } of rows) {
    const keys = tables.get(String(t)) ?? []
    tables.set(String(t), keys)
    const last = keys.at(-1)
    if (last?.name === String(i)) last.columns.push(String(c))
    else keys.push({ name: String(i), columns: [String(c)] })
  }
  return tables
}
