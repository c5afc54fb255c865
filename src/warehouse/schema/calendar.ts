import { calendar, daysIn, STAMP_BYTES, type CalendarRange } from '../../star/index.ts'
import { quote } from '../sql.ts'

/** How each column of the calendar is computed from a day `d`. */
const FORMULAS: Readonly<Record<keyof typeof calendar.columns, string>> = Object.freeze({
  year: 'YEAR(d)',
  quarter: 'QUARTER(d)',
  month: 'MONTH(d)',
  day: 'DAYOFMONTH(d)',
  day_of_year: 'DAYOFYEAR(d)',
  iso_year: 'FLOOR(YEARWEEK(d, 3) / 100)',
  iso_week: 'WEEK(d, 3)',
  weekday: 'WEEKDAY(d) + 1',
  is_weekend: 'WEEKDAY(d) >= 5',
})

// No event writes the calendar: its stamp is the smallest above that of a register that nothing has written.
const STAMP = `x'${'00'.repeat(STAMP_BYTES - 1)}01'`
/** How many days one recursion counts: no server stops one of fewer than 1,000 rows by default. */
const STRETCH_DAYS = 900

/** One statement that adds the missing days. `defineConfig` has checked the dates. */
export function fillCalendarSql(range: CalendarRange): string {
  const { relation } = calendar.layout
  const values: Readonly<Record<string, string>> = {
    date: 'd',
    ...FORMULAS,
    _stamp_calendar: STAMP,
    _live: '1',
    _live_stamp: STAMP,
    _origin: '0',
  }
  const days = stretchesOf(range).map(stretchSql).join(' UNION ALL ')
  // Changes nothing; and names no key column, because Vitess refuses an update of the one that decides on the shard.
  const kept = quote('_live')
  return (
    `INSERT INTO ${quote(relation.name)} (${relation.columns.map(({ name }) => quote(name)).join(', ')}) ` +
    `SELECT ${relation.columns.map(({ name }) => values[name]!).join(', ')} FROM (${days}) AS days ` +
    `ON DUPLICATE KEY UPDATE ${kept} = ${quote(relation.name)}.${kept}`
  )
}

/** A range in parts of {@link STRETCH_DAYS} days. */
function stretchesOf(range: CalendarRange): CalendarRange[] {
  const days = daysIn(range)
  return Array.from({ length: Math.ceil(days / STRETCH_DAYS) }, (_, i) => ({
    from: daysAfter(range.from, i * STRETCH_DAYS),
    to: daysAfter(range.from, Math.min((i + 1) * STRETCH_DAYS, days) - 1),
  }))
}

function daysAfter(day: string, count: number): string {
  const date = new Date(day)
  date.setUTCDate(date.getUTCDate() + count)
  return date.toISOString().slice(0, 10)
}

// By recursion, because Vitess cannot filter a join of tables that are made of constants. Every name is used once: it also takes two
// recursions of one name for the same.
function stretchSql({ from, to }: CalendarRange, i: number): string {
  const counted = `days_${i}`
  return (
    `SELECT d FROM (WITH RECURSIVE ${counted} (d) AS (SELECT CAST('${from}' AS DATE) ` +
    `UNION ALL SELECT DATE_ADD(d, INTERVAL 1 DAY) FROM ${counted} WHERE d < '${to}') SELECT d FROM ${counted}) AS stretch_${i}`
  )
}
