import type { PhysicalColumn, Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { quote } from '../sql.ts'

const MAX_COMMENT = 1024

export function createTable(relation: Relation, dialect: Dialect): string {
  const key = relation.columns.slice(0, relation.keyLength).map((column) => quote(column.name))
  const lines = [...relation.columns.map((column) => columnSql(column, dialect)), `PRIMARY KEY (${key.join(', ')})`]
  const comment = relation.comment === undefined ? '' : ` COMMENT = ${text(relation.comment)}`
  return (
    `CREATE TABLE IF NOT EXISTS ${quote(relation.name)} (\n  ${lines.join(',\n  ')}\n) ` +
    `ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${dialect.collation}${comment}`
  )
}

export function columnSql({ name, type, nullable, defaultSql, comment }: PhysicalColumn, dialect: Dialect): string {
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

/** A comment as an SQL string, cut at the longest that servers take; backslashes become slashes, whatever the SQL mode is. */
function text(comment: string): string {
  const cut = Array.from(comment).slice(0, MAX_COMMENT).join('')
  return `'${cut.replaceAll('\\', '/').replaceAll("'", "''")}'`
}
