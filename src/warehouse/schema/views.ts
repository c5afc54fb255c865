import { type History, LIVE, MEMBER_STATE, VERSION_COLUMNS, viewNamesOf, type AnyTable } from '../../star/index.ts'
import { quote } from '../sql.ts'

/** A view over a table: what analysts and reports use. */
export interface View {
  readonly name: string
  readonly columns: readonly string[]
  readonly sql: string
}

/** The views of a table: the rows that exist; of a dimension, all that were heard of; and its history, where it keeps one. */
export function viewsOf(table: AnyTable): View[] {
  const { members, history } = viewNamesOf(table)
  return [
    liveView(table),
    ...(members ? [membersView(table, members)] : []),
    ...(history ? [historyView(table, history, table.layout.history!)] : []),
  ]
}

function liveView(table: AnyTable): View {
  const columns = [...table.layout.slots.keys()]
  return view(
    table.name,
    columns,
    `SELECT ${list(columns)} FROM ${quote(table.layout.relation.name)} WHERE ${quote(LIVE)} = 1`,
  )
}

// A fact may come before what it points at. Joined to this view, it finds what has been heard of so far, and says how far
// that is; what was never heard of at all is NULL after a left join.
function membersView(table: AnyTable, name: string): View {
  const columns = [...table.layout.slots.keys()]
  const state = `CASE ${quote(LIVE)} WHEN 1 THEN 'live' WHEN 0 THEN 'deleted' ELSE 'not yet arrived' END`
  return view(
    name,
    [...columns, MEMBER_STATE],
    `SELECT ${list(columns)}, ${state} AS ${quote(MEMBER_STATE)} FROM ${quote(table.layout.relation.name)}`,
  )
}

/**
 * Values carried forward, and intervals, over rows that hold only what each event wrote. Neither server can skip NULLs in
 * LAST_VALUE, and a NULL may be a value that was written, so each column is cut into runs that begin where it was set; the first
 * value of a run holds throughout. Times are made monotone, so that a clock that went back makes no interval that ends before it
 * begins; an interval of no length is left out.
 */
function historyView(table: AnyTable, name: string, history: History): View {
  const key = Object.keys(table.key)
  const names = history.columns.map((slot) => slot.name)
  const columns = [...key, ...names, ...VERSION_COLUMNS]
  const inOrder = `OVER (PARTITION BY ${list(key)} ORDER BY ${quote('_event')})`
  const runs = names.map((_, bit) => `SUM((${quote('_set')} >> ${bit}) & 1) ${inOrder} AS ${quote(`_run_${bit}`)}`)
  const numbered =
    `SELECT ${list([...key, '_event', LIVE, ...names])}, ${runs.join(', ')}, ` +
    `SUM(${quote(LIVE)} IS NOT NULL) ${inOrder} AS ${quote('_run_live')}, MAX(${quote('_at')}) ${inOrder} AS ${quote('valid_from')} ` +
    `FROM ${quote(history.relation.name)}`
  const carry = (column: string, run: string): string =>
    `FIRST_VALUE(${quote(column)}) OVER (PARTITION BY ${list([...key, run])} ORDER BY ${quote('_event')}) AS ${quote(column)}`
  const carried =
    `SELECT ${list(key)}, ${names.map((column, bit) => carry(column, `_run_${bit}`)).join(', ')}, ${carry(LIVE, '_run_live')}, ` +
    `${quote('valid_from')}, LEAD(${quote('valid_from')}) ${inOrder} AS ${quote('valid_to')} FROM (${numbered}) AS numbered`
  return view(
    name,
    columns,
    `SELECT ${list([...key, ...names, 'valid_from', 'valid_to'])}, ${quote('valid_to')} IS NULL AS ${quote('is_current')} ` +
      `FROM (${carried}) AS carried WHERE ${quote(LIVE)} = 1 AND (${quote('valid_to')} IS NULL OR ${quote('valid_to')} > ${quote('valid_from')})`,
  )
}

function view(name: string, columns: readonly string[], select: string): View {
  return { name, columns, sql: `CREATE OR REPLACE VIEW ${quote(name)} AS ${select}` }
}

function list(names: readonly string[]): string {
  return names.map(quote).join(', ')
}
