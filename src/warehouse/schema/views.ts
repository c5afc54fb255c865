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
import { presenceSql, quote, quoteAll } from '../sql.ts'

/** A view over a table: what analysts and reports use. */
export interface View {
  readonly name: string
  readonly columns: readonly string[]
  readonly sql: string
  /** Names inside the definition; one with the same columns that does not contain just these is outdated. */
  readonly marks: readonly string[]
}

/** Whether a view's definition is the one that is wanted, as far as its marks tell. */
export function hasMarks(definition: string, { marks }: View): boolean {
  const inside = new Set([...definition.matchAll(/`(framed\w*|_g\d+_\w+)`/g)].map(([, name]) => name))
  return inside.size === marks.length && marks.every((mark) => inside.has(mark))
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
  return view(
    table,
    table.name,
    [...table.layout.slots.keys()],
    `SELECT ${slotsSql(table)} FROM ${quote(table.layout.relation.name)} WHERE ${quote(LIVE)} = 1`,
  )
}

// A fact may arrive before the row that it refers to. A left join to this view finds whatever has arrived of that row, and its
// state; it returns NULL for a row that no event has mentioned.
function membersView(table: AnyTable, name: string): View {
  const columns = [...table.layout.slots.keys()]
  const state = `CASE ${quote(LIVE)} WHEN 1 THEN 'live' WHEN 0 THEN 'deleted' ELSE 'not yet arrived' END`
  return view(
    table,
    name,
    [...columns, MEMBER_STATE],
    `SELECT ${slotsSql(table)}, ${state} AS ${quote(MEMBER_STATE)} FROM ${quote(table.layout.relation.name)} WHERE ${presenceSql(table.layout.relation)}`,
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
  const names = history.columns.map(({ slot }) => slot.name)
  const inTable = (index: number): string => quote(history.relation.columns[index]!.name)
  const columns = [...key, ...names, ...VERSION_COLUMNS]
  // One row per event, so the frame changes no value; the default frame takes MySQL time that grows with the square of a history.
  const soFar = `ORDER BY ${quote('_event')} ROWS UNBOUNDED PRECEDING`
  // Named, because MySQL makes one pass per window that is written out.
  const inOrder = `OVER ${quote('in_order')}`
  const values = history.columns.map(({ slot, value }) => `${inTable(value)} AS ${quote(slot.name)}`)
  const runs = history.columns.map(({ written }, i) => `SUM(${inTable(written)}) ${inOrder} AS ${quote(`_run_${i}`)}`)
  const numbered =
    `SELECT ${quoteAll([...key, '_event', LIVE])}, ${values.join(', ')}, ${runs.join(', ')}, ` +
    `SUM(${quote(LIVE)} IS NOT NULL) ${inOrder} AS ${quote('_run_live')}, MAX(${quote('_at')}) ${inOrder} AS ${quote('valid_from')} ` +
    `FROM ${quote(history.relation.name)} WHERE ${presenceSql(history.relation)} WINDOW ${quote('in_order')} AS (PARTITION BY ${perKey} ${soFar})`
  const mark = sortsTextExactly ? 'framed' : 'framed_by_bytes'
  const carry = (column: string, run: string): string =>
    `FIRST_VALUE(${quote(column)}) OVER (PARTITION BY ${perKey}, ${quote(run)} ${soFar}) AS ${quote(column)}`
  const carried =
    `SELECT ${quoteAll(key)}, ${names.map((column, i) => carry(column, `_run_${i}`)).join(', ')}, ${carry(LIVE, '_run_live')}, ` +
    `${quote('valid_from')}, LEAD(${quote('valid_from')}) OVER (PARTITION BY ${perKey} ORDER BY ${quote('_event')}) AS ${quote('valid_to')} FROM (${numbered}) AS ${mark}`
  const select =
    `SELECT ${quoteAll([...key, ...names, 'valid_from', 'valid_to'])}, ${quote('valid_to')} IS NULL AS ${quote('is_current')} ` +
    `FROM (${carried}) AS carried WHERE ${quote(LIVE)} = 1 AND (${quote('valid_to')} IS NULL OR ${quote('valid_to')} > ${quote('valid_from')})`
  return view(table, name, columns, select, [mark])
}

/** The columns of the definition, each from where it is in the table. */
function slotsSql({ layout: { relation, slots } }: AnyTable): string {
  const columns = [...slots.values()].map(({ name, index }) => {
    const physical = relation.columns[index]!.name
    return physical === name ? quote(name) : `${quote(physical)} AS ${quote(name)}`
  })
  return columns.join(', ')
}

function view(
  { layout: { relation, slots } }: AnyTable,
  name: string,
  columns: readonly string[],
  select: string,
  marks: readonly string[] = [],
): View {
  const renamed = [...slots.values()]
    .filter(({ name: column, index }) => columns.includes(column) && relation.columns[index]!.name !== column)
    .map(({ index }) => relation.columns[index]!.name)
  return { name, columns, sql: `CREATE OR REPLACE VIEW ${quote(name)} AS ${select}`, marks: [...marks, ...renamed] }
}
