import { ChangeoverError } from '../../core/index.ts'
import { calendar, type PhysicalColumn, type Relation, relationsOf, type AnyTable } from '../../star/index.ts'
import { fillCalendarSql, type CalendarRange } from './calendar.ts'
import { readCatalog, type Catalog, type CatalogColumn, type CatalogKey } from './catalog.ts'
import { columnSql, createTable } from './ddl.ts'
import { quote, type Dialect } from '../dialect.ts'
import type { Warehouse } from '../port.ts'
import { alreadyDone } from '../trouble.ts'
import { fits } from './widening.ts'
import { viewsOf } from './views.ts'

/** One statement that the schema lacks, and why. Each can be run again. */
export interface Step {
  /** `change` and `drop` may lose data; a plan has them only when it is told to. */
  readonly kind: 'create' | 'add' | 'widen' | 'view' | 'fill' | 'change' | 'drop'
  readonly why: string
  readonly sql: string
}

/** What the warehouse should hold: the users' tables, with their views, and tables of the package's own. */
export interface Schema {
  readonly tables: readonly AnyTable[]
  readonly internal: readonly Relation[]
  /** The days that the calendar dimension covers; without them there is none. */
  readonly calendar?: CalendarRange | undefined
}

export interface PlanOptions {
  /**
   * Whether columns may be changed to what does not hold all their values, and dropped when they are no longer defined.
   *
   * @defaultValue false
   */
  readonly allowDestructive?: boolean
}

/**
 * What is missing for the definitions to work, in the order in which to run it. Rejects with a ChangeoverError `SCHEMA` where only a
 * destructive step would help, and where none would: a key that has changed, a second unique key.
 */
export async function plan(warehouse: Warehouse, schema: Schema, options: PlanOptions = {}): Promise<Step[]> {
  const dialect = await warehouse.dialect()
  const catalog = await readCatalog(warehouse)
  const tables = schema.calendar && !schema.tables.includes(calendar) ? [...schema.tables, calendar] : schema.tables
  return [
    ...[...tables.flatMap(relationsOf), ...schema.internal].flatMap((relation) =>
      planTable(relation, catalog, dialect, options),
    ),
    ...tables.flatMap((table) => planViews(table, catalog)),
    ...(schema.calendar ? await planCalendar(warehouse, schema.calendar, catalog) : []),
  ]
}

/** Runs the plan's steps in order. What somebody else has done in the meantime is done. */
export async function applySteps(warehouse: Warehouse, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await warehouse.define(step.sql).catch((thrown: unknown) => {
      if (!alreadyDone(thrown)) throw thrown
    })
  }
}

function planTable(
  relation: Relation,
  catalog: Catalog,
  dialect: Dialect,
  { allowDestructive = false }: PlanOptions,
): Step[] {
  const columns = catalog.columns.get(relation.name)
  const table = quote(relation.name)
  if (!columns) {
    return [{ kind: 'create', why: `the table ${relation.name} is missing`, sql: createTable(relation, dialect) }]
  }
  checkKeys(relation, catalog.keys.get(relation.name) ?? [])
  const steps = relation.columns.flatMap((column): Step[] => {
    const is = columns.get(column.name)
    const what = `the column ${relation.name}.${column.name}`
    const sql = columnSql(column, dialect)
    if (is === undefined)
      return [{ kind: 'add', why: `${what} is missing`, sql: `ALTER TABLE ${table} ADD COLUMN ${sql}` }]
    if (column.role === 'stamp') checkGuard(what, is, column)
    const fit = fits(is.type, column.type.sql)
    if (fit === 'same' && hasCollation(is, column, dialect)) return []
    const why = `${what} is ${describe(is)} and needs ${column.type.sql}`
    const modify = `ALTER TABLE ${table} MODIFY COLUMN ${sql}`
    if (fit === 'wider' && hasCollation(is, column, dialect)) return [{ kind: 'widen', why, sql: modify }]
    if (allowDestructive) return [{ kind: 'change', why, sql: modify }]
    throw new ChangeoverError('SCHEMA', `T${what.slice(1)} is ${describe(is)} and should be ${column.type.sql}.`, {
      remedy:
        'Define the column under another name and backfill it; or let the server convert it, with --allow-destructive.',
    })
  })
  if (!allowDestructive) return steps
  const defined = new Set(relation.columns.map(({ name }) => name))
  const dropped = [...columns.keys()].filter((name) => !defined.has(name))
  return [
    ...steps,
    ...dropped.map((name): Step => ({
      kind: 'drop',
      why: `the column ${relation.name}.${name} is no longer defined`,
      sql: `ALTER TABLE ${table} DROP COLUMN ${quote(name)}`,
    })),
  ]
}

function planViews(table: AnyTable, { columns, views }: Catalog): Step[] {
  return viewsOf(table).flatMap((view): Step[] => {
    if (columns.has(view.name) && !views.has(view.name)) {
      throw new ChangeoverError(
        'SCHEMA',
        `There is a table named ${view.name}, where a view of ${table.name} should be.`,
        {
          remedy: 'Rename that table or the definition, or use another database for the warehouse.',
        },
      )
    }
    const is = [...(columns.get(view.name)?.keys() ?? [])]
    if (is.join(' ') === view.columns.join(' ')) return []
    return [{ kind: 'view', why: `the view ${view.name} is missing or lacks columns`, sql: view.sql }]
  })
}

async function planCalendar(warehouse: Warehouse, range: CalendarRange, catalog: Catalog): Promise<Step[]> {
  const { name } = calendar.layout.relation
  const days = (Date.parse(range.to) - Date.parse(range.from)) / 86_400_000 + 1
  const there = catalog.columns.has(name)
    ? await warehouse.select(`SELECT COUNT(*) AS n FROM ${quote(name)} WHERE date BETWEEN ? AND ?`, [
        range.from,
        range.to,
      ])
    : []
  if (Number(there[0]?.['n'] ?? 0) === days) return []
  return [
    { kind: 'fill', why: `the calendar lacks days from ${range.from} to ${range.to}`, sql: fillCalendarSql(range) },
  ]
}

// The stamps of the earliest and of the latest are written the other way round; in one column they would be compared wrongly.
function checkGuard(what: string, is: CatalogColumn, { comment = '' }: PhysicalColumn): void {
  if (is.comment === comment || !is.comment.startsWith('changeover: ')) return
  throw new ChangeoverError('SCHEMA', `T${what.slice(1)} says "${is.comment}", and its merge is now another.`, {
    remedy: 'A column cannot go from first to last or back: define it under another name and migrate again.',
  })
}

// Text that compares otherwise than by its bytes would make one key of two.
function hasCollation(is: CatalogColumn, { type }: PhysicalColumn, dialect: Dialect): boolean {
  if (type.charset === undefined) return true
  return is.collation === (type.charset === 'ascii' ? 'ascii_bin' : dialect.collation)
}

function describe({ type, collation }: CatalogColumn): string {
  return collation === undefined ? type : `${type} (${collation})`
}

// The merge finds a row by whatever unique key it meets: by another than the definition's it would write to the wrong one.
function checkKeys(relation: Relation, keys: readonly CatalogKey[]): void {
  const wanted = relation.columns.slice(0, relation.keyLength).map(({ name }) => name)
  const primary = keys.find(({ name }) => name === 'PRIMARY')?.columns ?? []
  if (primary.join(' ') !== wanted.join(' ')) {
    const is = primary.join(', ') || 'nothing'
    throw new ChangeoverError(
      'SCHEMA',
      `The table ${relation.name} is keyed by ${is} and should be by ${wanted.join(', ')}.`,
      {
        remedy: 'Define the table under another name and migrate into it, or drop this one and migrate again.',
      },
    )
  }
  const other = keys.find(({ name }) => name !== 'PRIMARY')
  if (other === undefined) return
  throw new ChangeoverError('SCHEMA', `The table ${relation.name} has a second unique key, ${other.name}.`, {
    remedy: 'Make it an ordinary index: a row must be found by its primary key and nothing else.',
  })
}
