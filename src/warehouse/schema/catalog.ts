import type { CallOptions } from '../port.ts'
import type { SqlSession } from '../session.ts'

/** The comment by which indexes of definitions are known; one without it was made by hand and is left alone. */
export const INDEX_COMMENT = 'changeover: defined index'

/** A column as the server describes it. */
export interface CatalogColumn {
  /** `varchar(60)`, `int(11)` */
  readonly type: string
  readonly collation: string | undefined
  readonly comment: string
}

export interface CatalogIndex {
  /** The primary key is named `PRIMARY`. */
  readonly name: string
  readonly columns: readonly string[]
  readonly isUnique: boolean
  /** Whether a definition made it, by its comment. */
  readonly isOurs: boolean
}

/** What is in the warehouse's database now. */
export interface Catalog {
  /** Columns by name, in order, by table or view. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, CatalogColumn>>
  /** Keys and indexes by table. */
  readonly indexes: ReadonlyMap<string, readonly CatalogIndex[]>
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
    indexes: await indexesPresent(session, options),
    views: new Map(views.map(({ t, d }) => [String(t), typeof d === 'string' ? d : ''])),
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

/** Keys and indexes by table, each with its columns in order. */
async function indexesPresent(session: SqlSession, options: CallOptions): Promise<Map<string, CatalogIndex[]>> {
  const rows = await session.select(
    'SELECT TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c, SUB_PART AS part, NON_UNIQUE AS many, INDEX_COMMENT AS said ' +
      'FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX',
    [],
    options,
  )
  const tables = new Map<string, (CatalogIndex & { readonly columns: string[] })[]>()
  for (const { t, i, c, part, many, said } of rows) {
    const indexes = tables.get(String(t)) ?? []
    tables.set(String(t), indexes)
    // An index on an expression, or on the first characters of a column, does not serve as one on the column.
    const column = part === null && typeof c === 'string' ? c : '(part)'
    const last = indexes.at(-1)
    if (last?.name === String(i)) last.columns.push(column)
    else {
      indexes.push({
        name: String(i),
        columns: [column],
        isUnique: Number(many) === 0,
        isOurs: said === INDEX_COMMENT,
      })
    }
  }
  return tables
}
