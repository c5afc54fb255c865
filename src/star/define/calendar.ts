import type { IntegerInput } from '../types/number.ts'
import type { DayInput } from '../types/time.ts'
import { group, type Fresh, type Grouped } from './column.ts'
import { column as c } from './column-types.ts'
import { dimension, type Dimension } from './table.ts'

// The build needs the types of exports written out (`isolatedDeclarations`); the compiler holds them to the values.
type CalendarKey = { readonly date: Fresh<DayInput, string> }
type CalendarNumber = 'year' | 'quarter' | 'month' | 'day' | 'day_of_year' | 'iso_year' | 'iso_week' | 'weekday'
type CalendarColumns = Grouped<
  { readonly [N in CalendarNumber]: Fresh<IntegerInput, number> } & { readonly is_weekend: Fresh<boolean, number> },
  'calendar'
>

const columns: CalendarColumns = group('calendar', {
  year: c.int(),
  quarter: c.int().comment('1 to 4'),
  month: c.int().comment('1 to 12'),
  day: c.int().comment('Day of the month, 1 to 31'),
  day_of_year: c.int().comment('1 to 366'),
  iso_year: c.int().comment('The year that the ISO 8601 week belongs to'),
  iso_week: c.int().comment('ISO 8601 week, 1 to 53'),
  weekday: c.int().comment('1 Monday to 7 Sunday'),
  is_weekend: c.boolean().comment('Saturday or Sunday'),
})

/** The days that the calendar covers, both included: `YYYY-MM-DD`. */
export interface CalendarRange {
  readonly from: string
  readonly to: string
}

const DAY_MS = 86_400_000

/** How many days a range has; NaN when a day of it is not a date. */
export function daysIn({ from, to }: CalendarRange): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
}

/**
 * The calendar dimension: a table `dim_date` and a view `date` with one row per day, filled by `apply` for the days that the config
 * names. As a role of a fact it adds a key column such as `day_date`; a fact with a plain `date` column can join it too.
 */
export const calendar: Dimension<'date', CalendarKey, CalendarColumns> = dimension('date', {
  key: { date: c.date() },
  columns,
})
