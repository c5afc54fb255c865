import {
  type HistoryLayout,
  LIVE,
  MEMBER_STATE,
  VERSION_COLUMNS,
  viewNamesOf,
  type AnyTable,
} from '../../star/index.ts'
import type { Dialect } from '../dialect.ts'
import { partitionBy } from '../partition.ts'
import { quote, quoteAll } from '../sql.ts'

/** A view over a table: what analysts and reports use. */
export interface View {
  readonly name: string
  readonly columns: readonly string[]
  readonly sql: string
  /** A name inside the definition, which an outdated definition with the same columns does not contain. */
  readonly mark?: string
}

/** The views of a table: its live rows; of a dimension also all rows that any event mentioned, and its history if it keeps one. */
export function viewsOf(table: AnyTable, dialect: Dialect): View[] {
  const { members, history } = viewNamesOf(table)
  return [
    liveView(table),
    ...(members ? [membersView(table, members)] : []),
    ...(history ? [historyView(table, history, table.layout.history!, dialect)] : []),
  ]
}

function liveView(table: AnyTable): View {
  const columns = [...table.layout.slots.keys()]
  return view(
    table.name,
    columns,
    `SELECT ${quoteAll(columns)} FROM ${quote(table.layout.relation.name)} WHERE ${quote(LIVE)} = 1`,
  )
}

// A fact may arrive before the row that it refers to. A left join to this view finds whatever has arrived of that row, and its
// state; it returns NULL for a row that no event has mentioned.
function membersView(table: AnyTable, name: string): View {
  const columns = [...table.layout.slots.keys()]
  const state = `CASE ${quote(LIVE)} WHEN 1 THEN 'live' WHEN 0 THEN 'deleted' ELSE 'not yet arrived' END`
  return view(
    name,
    [...columns, MEMBER_STATE],
    `SELECT ${quoteAll(columns)}, ${state} AS ${quote(MEMBER_STATE)} FROM ${quote(table.layout.relation.name)}`,
  )
}

/**
 * Values carried forward, and intervals, over rows that hold only what each event wrote. Neither server can skip NULLs in
 * LAST_VALUE, and a NULL may be a value that was written, so each column is cut into stretches that begin where it was set; the
 * first value of a stretch is its value throughout. Times are made monotone, so that no interval ends before it begins when a
 * clock has gone back; an interval of no length is left out.
 */
function historyView(table: AnyTable, name: string, history: HistoryLayout, { sortsTextExactly }: Dialect): View {
  const key = Object.keys(table.key)
  const perKey = sortsTextExactly ? quoteAll(key) : partitionBy(history.relation.columns.slice(0, key.length))
  const names = history.columns.map((slot) => slot.name)
  const columns = [...key, ...names, ...VERSION_COLUMNS]
  // One row per event, so the frame changes no value; the default frame takes MySQL time that grows with the square of a history.
  const soFar = `ORDER BY ${quote('_event')} ROWS UNBOUNDED PRECEDING`
  // Named, because MySQL makes one pass per window that is written out.
  const inOrder = `OVER ${quote('in_order')}`
  const runs = names.map((_, bit) => `SUM((${quote('_set')} >> ${bit}) & 1) ${inOrder} AS ${quote(`_run_${bit}`)}`)
  const numbered =
    `SELECT ${quoteAll([...key, '_event', LIVE, ...names])}, ${runs.join(', ')}, ` +
    `SUM(${quote(LIVE)} IS NOT NULL) ${inOrder} AS ${quote('_run_live')}, MAX(${quote('_at')}) ${inOrder} AS ${quote('valid_from')} ` +
    `FROM ${quote(history.relation.name)} WINDOW ${quote('in_order')} AS (PARTITION BY ${perKey} ${soFar})`
  const mark = sortsTextExactly ? 'framed' : 'framed_by_bytes'
  const carry = (column: string, run: string): string =>
    `FIRST_VALUE(${quote(column)}) OVER (PARTITION BY ${perKey}, ${quote(run)} ${soFar}) AS ${quote(column)}`
  const carried =
    `SELECT ${quoteAll(key)}, ${names.map((column, bit) => carry(column, `_run_${bit}`)).join(', ')}, ${carry(LIVE, '_run_live')}, ` +
    `${quote('valid_from')}, LEAD(${quote('valid_from')}) OVER (PARTITION BY ${perKey} ORDER BY ${quote('_event')}) AS ${quote('valid_to')} FROM (${numbered}) AS ${mark}`
  const select =
    `SELECT ${quoteAll([...key, ...names, 'valid_from', 'valid_to'])}, ${quote('valid_to')} IS NULL AS ${quote('is_current')} ` +
    `FROM (${carried}) AS carried WHERE ${quote(LIVE)} = 1 AND (${quote('valid_to')} IS NULL OR ${quote('valid_to')} > ${quote('valid_from')})`
  return { ...view(name, columns, select), mark }
}

function view(name: string, columns: readonly string[], select: string): View {
  return { name, columns, sql: `CREATE OR REPLACE VIEW ${quote(name)} AS ${select}` }
}
