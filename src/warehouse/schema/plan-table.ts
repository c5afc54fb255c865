import { ChangeoverError } from '../../core/index.ts'
import { fits, type PhysicalColumn, type Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { quote } from '../sql.ts'
import type { Catalog, CatalogColumn, CatalogIndex } from './catalog.ts'
import { checkRoom } from './check-room.ts'
import { columnSql, createTable } from './ddl.ts'
import { planIndexes } from './plan-indexes.ts'
import type { PlanOptions, Step } from '../step.ts'

/** The steps for a table. */
export interface TableSteps {
  readonly steps: readonly Step[]
  /** What is dropped only when nothing registered uses it any more. */
  readonly afterwards: readonly Step[]
}

/** What planning a table goes by. */
export interface TableContext {
  readonly catalog: Catalog
  readonly dialect: Dialect
  /** Columns that are never dropped. */
  readonly kept: ReadonlySet<string>
  /** Columns that are dropped last. */
  readonly inUse: ReadonlySet<string>
}

/** The steps from the table that is present, if any, to the relation. Throws a ChangeoverError `SCHEMA` where no allowed step leads. */
export function planTable(
  relation: Relation,
  { catalog, dialect, kept, inUse }: TableContext,
  { allowDestructive, allowWider, indexes }: Required<PlanOptions>,
): TableSteps {
  const { name: table } = relation
  const present = catalog.columns.get(table)
  if (!present) {
    const create: Step = {
      kind: 'create',
      why: `the table ${table} is missing`,
      sql: createTable(relation, dialect),
      target: { table },
    }
    return { steps: [create, ...(indexes ? planIndexes(relation, [], allowDestructive) : [])], afterwards: [] }
  }
  const indexesPresent = catalog.indexes.get(table) ?? []
  checkKeys(
    relation,
    indexesPresent.filter(({ isUnique }) => isUnique),
  )
  const steps = relation.columns.flatMap((column) =>
    planColumn(table, column, present.get(column.name), dialect, { allowDestructive, allowWider }),
  )
  const defined = new Set(relation.columns.map(({ name }) => name))
  const left = [...present].filter(([name]) => !defined.has(name))
  const dropped = left.map(([name]) => name).filter((name) => allowDestructive && !kept.has(name))
  const [first, last] = [dropped.filter((name) => !inUse.has(name)), dropped.filter((name) => inUse.has(name))]
  checkRoom(relation, present, new Map(left.filter(([name]) => !first.includes(name))))
  const indexSteps = indexes ? planIndexes(relation, indexesPresent, allowDestructive) : []
  return {
    steps: [
      // What goes, goes first, so that there is room for what is added.
      ...indexSteps.filter(({ kind }) => kind === 'drop'),
      ...dropColumns(table, first),
      ...steps,
      ...indexSteps.filter(({ kind }) => kind !== 'drop'),
    ],
    afterwards: dropColumns(table, last),
  }
}

function planColumn(
  table: string,
  column: PhysicalColumn,
  is: CatalogColumn | undefined,
  dialect: Dialect,
  { allowDestructive, allowWider }: Pick<Required<PlanOptions>, 'allowDestructive' | 'allowWider'>,
): Step[] {
  const place = `column ${table}.${column.name}`
  const sql = columnSql(column, dialect)
  if (is === undefined) {
    const add = `ALTER TABLE ${quote(table)} ADD COLUMN ${sql}`
    return [{ kind: 'add', why: `the ${place} is missing`, sql: add, target: { table, column: column.name } }]
  }
  if (column.type.name === 'stamp') checkGuard(place, is, column)
  const fit = fits(is.type, column.type.sql)
  const isCollated = hasCollation(is, column, dialect)
  if (isCollated && (fit === 'same' || (allowWider && isRoomier(is.type, column.type.sql)))) return []
  const why = `the ${place} is ${describe(is)} and needs ${column.type.sql}`
  const modify = `ALTER TABLE ${quote(table)} MODIFY COLUMN ${sql}`
  if (fit === 'wider' && isCollated) return [{ kind: 'widen', why, sql: modify }]
  if (allowDestructive) return [{ kind: 'change', why, sql: modify }]
  throw new ChangeoverError('SCHEMA', `The ${place} is ${describe(is)} and should be ${column.type.sql}.`, {
    remedy:
      'Define the column under another name and backfill it; or let the server convert it, with --allow-destructive.',
  })
}

// After going back to an earlier definition: a column that holds more loses nothing. A decimal of another scale would read otherwise.
function isRoomier(is: string, wanted: string): boolean {
  const scaleOf = (sql: string): string => /^decimal\(\d+,\s*(\d+)\)/i.exec(sql)?.[1] ?? ''
  return fits(wanted, is) === 'wider' && scaleOf(is) === scaleOf(wanted)
}

// With a rebuild: a column that is dropped without one keeps its place in each row, and what it held.
function dropColumns(table: string, names: readonly string[]): Step[] {
  if (names.length === 0) return []
  const what = names.length === 1 ? `column ${table}.${names[0]} is` : `columns ${names.join(', ')} of ${table} are`
  const drops = names.map((name) => `DROP COLUMN ${quote(name)}`)
  return [
    {
      kind: 'drop',
      why: `the ${what} no longer defined`,
      sql: `ALTER TABLE ${quote(table)} ${drops.join(', ')}, FORCE`,
    },
  ]
}

// The stamps of `first` and of `last` are ordered the opposite way; in one column they would be compared wrongly.
function checkGuard(place: string, is: CatalogColumn, { comment = '' }: PhysicalColumn): void {
  if (is.comment === comment || !is.comment.startsWith('changeover: ')) return
  throw new ChangeoverError(
    'SCHEMA',
    `The ${place} has the comment "${is.comment}", but its merge is now a different one.`,
    {
      remedy: 'A column cannot go from first to last or back: define it under another name and migrate again.',
    },
  )
}

// A collation that does not compare bytes would take two keys for one.
function hasCollation(is: CatalogColumn, { type }: PhysicalColumn, dialect: Dialect): boolean {
  if (type.charset === undefined) return true
  return is.collation === (type.charset === 'ascii' ? 'ascii_bin' : dialect.collation)
}

function describe({ type, collation }: CatalogColumn): string {
  return collation === undefined ? type : `${type} (${collation})`
}

// The merge finds a row by any unique key: by another one than the definition's it would write to the wrong row.
function checkKeys(relation: Relation, keys: readonly CatalogIndex[]): void {
  const wanted = relation.columns.slice(0, relation.keyLength).map(({ name }) => name)
  const primary = keys.find(({ name }) => name === 'PRIMARY')?.columns ?? []
  if (primary.join(' ') !== wanted.join(' ')) {
    const is = primary.join(', ') || 'nothing'
    const sentence = `The table ${relation.name} is keyed by ${is} and should be by ${wanted.join(', ')}.`
    throw new ChangeoverError('SCHEMA', sentence, {
      remedy: 'Define the table under another name and migrate into it, or drop this one and migrate again.',
    })
  }
  const other = keys.find(({ name }) => name !== 'PRIMARY')
  if (other === undefined) return
  throw new ChangeoverError('SCHEMA', `The table ${relation.name} has a second unique key, ${other.name}.`, {
    remedy: 'Make it an ordinary index: a row must be found by its primary key and nothing else.',
  })
}
