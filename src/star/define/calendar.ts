import { column as c, group, type Fresh, type Grouped } from './column.ts'
import type { IntegerInput } from '../types/number.ts'
import type { DayInput } from '../types/time.ts'
import { dimension, type Dimension } from './table.ts'

type Whole = Fresh<IntegerInput, number>
type CalendarColumns = Grouped<
  {
    readonly year: Whole
    readonly quarter: Whole
    readonly month: Whole
    readonly day: Whole
    readonly day_of_year: Whole
    readonly iso_year: Whole
    readonly iso_week: Whole
    readonly weekday: Whole
    readonly is_weekend: Fresh<boolean, number>
  },
  'calendar'
>

/**
 * The calendar dimension: a table `dim_date` and a view `date`, one row a day, filled by `apply` for the years that the config
 * names. As a role of a fact it gives a key column such as `day_date`; a fact with a plain `date` column joins it just as well.
 */
export const calendar: Dimension<'date', { readonly date: Fresh<DayInput, string> }, CalendarColumns> = dimension(
  'date',
  {
    key: { date: c.date() },
    columns: group('calendar', {
      year: c.int(),
      quarter: c.int().comment('1 to 4'),
      month: c.int().comment('1 to 12'),
      day: c.int().comment('Day of the month, 1 to 31'),
      day_of_year: c.int().comment('1 to 366'),
      iso_year: c.int().comment('The year that the ISO 8601 week belongs to'),
      iso_week: c.int().comment('ISO 8601 week, 1 to 53'),
      weekday: c.int().comment('1 Monday to 7 Sunday'),
      is_weekend: c.boolean().comment('Saturday or Sunday'),
    }),
  },
)
