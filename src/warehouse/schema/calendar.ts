import { calendar, STAMP_BYTES, type CalendarRange } from '../../star/index.ts'
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
/** 100,000 days: 273 years. */
const DIGITS = 5

/** One statement that adds the missing days. `defineConfig` has checked the dates. */
export function fillCalendarSql({ from, to }: CalendarRange): string {
  const { relation } = calendar.layout
  const values: Readonly<Record<string, string>> = {
    date: 'd',
    ...FORMULAS,
    _stamp_calendar: STAMP,
    _live: '1',
    _live_stamp: STAMP,
    _origin: '0',
  }
  const digit = `(${Array.from({ length: 10 }, (_, i) => `SELECT ${i}${i === 0 ? ' AS n' : ''}`).join(' UNION ALL ')})`
  const digits = Array.from({ length: DIGITS }, (_, i) => `${digit} AS d${i}`).join(' CROSS JOIN ')
  const number = Array.from({ length: DIGITS }, (_, i) => `d${i}.n * ${10 ** i}`).join(' + ')
  const days = `SELECT DATE_ADD('${from}', INTERVAL ${number} DAY) AS d FROM ${digits} WHERE ${number} <= DATEDIFF('${to}', '${from}')`
  const key = quote('date')
  return (
    `INSERT INTO ${quote(relation.name)} (${relation.columns.map(({ name }) => quote(name)).join(', ')}) ` +
    `SELECT ${relation.columns.map(({ name }) => values[name]!).join(', ')} FROM (${days}) AS days ` +
    `ON DUPLICATE KEY UPDATE ${key} = ${quote(relation.name)}.${key}`
  )
}
