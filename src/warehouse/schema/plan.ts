import { ChangeoverError } from '../../core/index.ts'
import { calendar, daysIn, relationsOf, type AnyTable, type CalendarRange, type Relation } from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { fillCalendarSql } from './calendar.ts'
import type { Catalog } from './catalog.ts'
import { planTable } from './plan-table.ts'
import { quote, quoteAll } from '../sql.ts'
import type { PlanOptions, RetiredHistory, Schema, SchemaRecord, Step } from '../step.ts'
import { hasMarks, viewsOf } from './views.ts'

/** What a plan is made from: the server as it is now. */
export interface Present {
  readonly dialect: Dialect
  readonly catalog: Catalog
  /** How many days of the schema's calendar the calendar table has. */
  readonly calendarDays: number
}

const NONE: ReadonlySet<string> = new Set()

/** The steps from what is present to the schema, in the order in which to apply them. See `SchemaPort.plan`. */
export function planSteps(schema: Schema, present: Present, options: Required<PlanOptions>): Step[] {
  const { calendarDays } = present
  const tables = schema.calendar && !schema.tables.includes(calendar) ? [...schema.tables, calendar] : schema.tables
  const relations = [...tables.flatMap(relationsOf), ...schema.internal]
  for (const relation of schema.internal) checkForm(relation, present.catalog)
  const planned = relations.map((relation) => {
    const [kept, inUse] = [schema.stillWritten, schema.inUse].map((columns) => columns?.get(relation.name) ?? NONE)
    return planTable(relation, { ...present, kept: kept!, inUse: inUse! }, options)
  })
  return [
    ...planned.flatMap(({ steps }) => steps),
    // Before the views: of two processes, the one that comes second changes none.
    ...(schema.records ?? []).map(planRecord),
    ...tables.flatMap((table) => planViews(table, present, schema.redefined?.has(table.name) ?? false)),
    ...(schema.calendar ? planCalendar(schema.calendar, calendarDays) : []),
    ...planned.flatMap(({ afterwards }) => afterwards),
    ...(schema.retired ?? []).flatMap((retired) => planRetired(retired, present.catalog, schema, options)),
  ]
}

function planViews(table: AnyTable, { catalog: { columns, views }, dialect }: Present, isRedefined: boolean): Step[] {
  return viewsOf(table, dialect).flatMap((view): Step[] => {
    if (columns.has(view.name) && !views.has(view.name)) {
      throw new ChangeoverError(
        'SCHEMA',
        `There is a table named ${view.name}, where a view of ${table.name} should be.`,
        { remedy: 'Rename that table or the definition, or use another database for the warehouse.' },
      )
    }
    const is = [...(columns.get(view.name)?.keys() ?? [])]
    if (is.join(' ') !== view.columns.join(' ')) {
      return [{ kind: 'view', why: `the view ${view.name} is missing or has other columns`, sql: view.sql }]
    }
    const definition = views.get(view.name)
    // A user who may not see the definition goes by what was registered.
    const isCurrent = definition ? hasMarks(definition, view) : !isRedefined
    if (isCurrent) return []
    return [{ kind: 'view', why: `the view ${view.name} has an outdated definition`, sql: view.sql }]
  })
}

// Internal tables never gain a column under one stored form, and rows of two forms cannot be told apart.
function checkForm({ name, columns }: Relation, catalog: Catalog): void {
  const present = catalog.columns.get(name)
  const missing = present && columns.find((column) => !present.has(column.name))
  if (!missing) return
  throw new ChangeoverError(
    'SCHEMA',
    `The table ${name} has no column ${missing.name}: another version of changeover has made it, which stored rows in another form.`,
    { remedy: 'Migrate into a new database, or use the version of changeover that made this one.' },
  )
}

function planRetired(
  { view, table }: RetiredHistory,
  { columns, views }: Catalog,
  { stillWritten }: Schema,
  { allowDestructive }: Required<PlanOptions>,
): Step[] {
  const why = `the history ${table} is no longer kept`
  const mayGo = allowDestructive && columns.has(table) && !stillWritten?.has(table)
  return [
    ...(views.has(view) ? [{ kind: 'view', why, sql: `DROP VIEW IF EXISTS ${quote(view)}` } as const] : []),
    ...(mayGo ? [{ kind: 'drop', why, sql: `DROP TABLE IF EXISTS ${quote(table)}` } as const] : []),
  ]
}

function planRecord({ relation, row, why }: SchemaRecord): Step {
  const names = relation.columns.map(({ name }) => name)
  const sql = `INSERT INTO ${quote(relation.name)} (${quoteAll(names)}) VALUES (${names.map(() => '?').join(', ')})`
  return { kind: 'register', why, sql, record: { relation, row } }
}

function planCalendar(range: CalendarRange, daysPresent: number): Step[] {
  if (daysPresent === daysIn(range)) return []
  const why = `the calendar is missing days from ${range.from} to ${range.to}`
  return [{ kind: 'fill', why, sql: fillCalendarSql(range) }]
}
