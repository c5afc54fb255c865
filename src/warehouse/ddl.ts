import { ChangeoverError } from '../core/errors.ts'
import type { PhysicalColumn, Relation } from '../star/relation.ts'
import type { AnyTable } from '../star/table.ts'
import { LIVE } from '../star/lower.ts'
import { quote, type Dialect } from './dialect.ts'
import type { Warehouse } from './port.ts'

/** One statement that the schema lacks, and why. Each can be run again. */
export interface Step {
  readonly why: string
  readonly sql: string
}

/** What the warehouse should hold: the users' tables, with their views, and tables of the package's own. */
export interface Schema {
  readonly tables: readonly AnyTable[]
  readonly internal: readonly Relation[]
}

const MAX_COMMENT = 1024

/** What is missing for the definitions to work, in order. Never destructive. Rejects with a ChangeoverError `SCHEMA`. */
export async function plan(warehouse: Warehouse, { tables, internal }: Schema): Promise<Step[]> {
  const dialect = await warehouse.dialect()
  const present = await columnsPresent(warehouse)
  const keys = await uniqueKeysPresent(warehouse)
  const steps: Step[] = []
  for (const relation of [...tables.map((table) => table.layout.relation), ...internal]) {
    const columns = present.get(relation.name)
    if (!columns) {
      steps.push({ why: `the table ${relation.name} is missing`, sql: createTable(relation, dialect) })
      continue
    }
    checkKeys(relation, keys.get(relation.name) ?? [])
    for (const column of relation.columns) {
      const is = columns.get(column.name)
      if (is === undefined) {
        steps.push({
          why: `the column ${relation.name}.${column.name} is missing`,
          sql: `ALTER TABLE ${quote(relation.name)} ADD COLUMN ${columnSql(column, dialect)}`,
        })
      } else if (widens(is, column)) {
        steps.push({
          why: `the column ${relation.name}.${column.name} is ${is} and needs ${column.type.sql}`,
          sql: `ALTER TABLE ${quote(relation.name)} MODIFY COLUMN ${columnSql(column, dialect)}`,
        })
      } else if (!sameType(is, column)) {
        throw new ChangeoverError(
          'SCHEMA',
          `The column ${relation.name}.${column.name} is ${is} and should be ${column.type.sql}.`,
          {
            remedy: 'Define the column under another name and backfill it, or change the table by hand.',
          },
        )
      }
    }
  }
  for (const table of tables) {
    const wanted = [...table.layout.slots.keys()]
    const columns = present.get(table.name)
    if (columns && [...columns.keys()].join(' ') === wanted.join(' ')) continue
    steps.push({ why: `the view ${table.name} is missing or lacks columns`, sql: createView(table, wanted) })
  }
  return steps
}

/** Runs the plan's steps in order. */
export async function applySteps(warehouse: Warehouse, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await warehouse.define(step.sql)
}

function createTable(relation: Relation, dialect: Dialect): string {
  const key = relation.columns.slice(0, relation.keyLength).map((column) => quote(column.name))
  const lines = [...relation.columns.map((column) => columnSql(column, dialect)), `PRIMARY KEY (${key.join(', ')})`]
  const comment = relation.comment === undefined ? '' : ` COMMENT = ${text(relation.comment)}`
  return (
    `CREATE TABLE IF NOT EXISTS ${quote(relation.name)} (\n  ${lines.join(',\n  ')}\n) ` +
    `ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${dialect.collation}${comment}`
  )
}

function columnSql({ name, type, nullable, defaultSql, comment }: PhysicalColumn, dialect: Dialect): string {
  const charset =
    type.charset === 'utf8mb4'
      ? ` CHARACTER SET utf8mb4 COLLATE ${dialect.collation}`
      : type.charset === 'ascii'
        ? ' CHARACTER SET ascii COLLATE ascii_bin'
        : ''
  const standard = defaultSql === undefined ? '' : ` DEFAULT ${defaultSql}`
  const said = comment === undefined ? '' : ` COMMENT ${text(comment)}`
  return `${quote(name)} ${type.sql}${charset} ${nullable ? 'NULL' : 'NOT NULL'}${standard}${said}`
}

function createView(table: AnyTable, columns: readonly string[]): string {
  const { relation } = table.layout
  return (
    `CREATE OR REPLACE VIEW ${quote(table.name)} AS SELECT ${columns.map(quote).join(', ')} ` +
    `FROM ${quote(relation.name)} WHERE ${quote(LIVE)} = 1`
  )
}

/** A comment as an SQL string, cut at what a server takes: quotes doubled, and nothing that a backslash could change. */
function text(comment: string): string {
  const cut = Array.from(comment).slice(0, MAX_COMMENT).join('')
  return `'${cut.replaceAll('\\', '/').replaceAll("'", "''")}'`
}

async function columnsPresent(warehouse: Warehouse): Promise<Map<string, Map<string, string>>> {
  const rows = await warehouse.select(
    'SELECT TABLE_NAME AS t, COLUMN_NAME AS c, COLUMN_TYPE AS ty FROM information_schema.COLUMNS ' +
      'WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION',
  )
  const tables = new Map<string, Map<string, string>>()
  for (const { t, c, ty } of rows) {
    const columns = tables.get(String(t)) ?? new Map<string, string>()
    tables.set(String(t), columns.set(String(c), String(ty)))
  }
  return tables
}

async function uniqueKeysPresent(warehouse: Warehouse): Promise<Map<string, { name: string; columns: string[] }[]>> {
  const rows = await warehouse.select(
    'SELECT TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c FROM information_schema.STATISTICS ' +
      'WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX',
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

// The merge finds a row by whatever unique key it meets: by another than the definition's it would write to the wrong one.
function checkKeys(relation: Relation, keys: readonly { readonly name: string; readonly columns: readonly string[] }[]): void {
  const wanted = relation.columns.slice(0, relation.keyLength).map(({ name }) => name)
  const primary = keys.find(({ name }) => name === 'PRIMARY')?.columns ?? []
  if (primary.join(' ') !== wanted.join(' ')) {
    const is = primary.join(', ') || 'nothing'
    throw new ChangeoverError('SCHEMA', `The table ${relation.name} is keyed by ${is} and should be by ${wanted.join(', ')}.`, {
      remedy: 'Define the table under another name and migrate into it, or drop this one and migrate again.',
    })
  }
  const other = keys.find(({ name }) => name !== 'PRIMARY')
  if (other === undefined) return
  throw new ChangeoverError('SCHEMA', `The table ${relation.name} has a second unique key, ${other.name}.`, {
    remedy: 'Make it an ordinary index: a row must be found by its primary key and nothing else.',
  })
}

// A longer text fits every value that is there: a word added to an enum, or a greater length.
function widens(is: string, { type }: PhysicalColumn): boolean {
  const [, kind, length] = /^(varchar|varbinary)\((\d+)\)$/.exec(is.toLowerCase()) ?? []
  const [, wanted, longer] = /^(varchar|varbinary)\((\d+)\)$/.exec(type.sql.toLowerCase()) ?? []
  return kind !== undefined && kind === wanted && Number(longer) > Number(length)
}

// Servers add display widths to integers, or leave them off.
function sameType(is: string, { type }: PhysicalColumn): boolean {
  const plain = (sql: string): string => sql.toLowerCase().replace(/^(tinyint|int|bigint)\(\d+\)/, '$1')
  return plain(is) === plain(type.sql)
}
