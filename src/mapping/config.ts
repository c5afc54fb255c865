import { ChangeoverError } from '../core/index.ts'
import {
  Misfit,
  assertDistinctNames,
  calendar,
  date,
  daysIn,
  type AnyTable,
  type CalendarRange,
} from '../star/index.ts'
import type { Migration } from './migration.ts'
import { checkConfig } from './config-checks.ts'
import { assertUniqueNames } from './unique-names.ts'
import type { Report } from './report.ts'

/** What the command line works with. Connections come from the environment, never from the config. */
export interface Config {
  readonly migrations: readonly Migration[]
  readonly reports: readonly Report[]
  /** The days that the calendar dimension covers, both included; without them the warehouse has no calendar. */
  readonly calendar: CalendarRange | undefined
}

const MAX_CALENDAR_DAYS = 100_000

/** Defines the config that `changeover.config.ts` exports. Throws a ChangeoverError `DEFINITION`. */
export function defineConfig(config: {
  readonly migrations: readonly Migration[]
  readonly reports?: readonly Report[]
  readonly calendar?: CalendarRange
}): Config {
  const { migrations, reports } = checkConfig(config)
  const { calendar: days } = config
  if (days) checkCalendar(days)
  assertUniqueNames('The config', 'migrations', migrations)
  assertUniqueNames('The config', 'reports', reports)
  assertDistinctNames([...tablesOf(migrations), ...(days ? [calendar] : [])])
  return Object.freeze({ migrations: [...migrations], reports: [...reports], calendar: days })
}

/** The tables of all migrations, each once. */
export function tablesOf(migrations: readonly Migration[]): AnyTable[] {
  return [...new Set(migrations.flatMap((migration) => Object.values(migration.tables)))]
}

function checkCalendar(range: CalendarRange): void {
  const { from, to } = range
  const isDay = (text: string): boolean => !(date.encode(text) instanceof Misfit) && text.length === 10
  const days = daysIn(range)
  if (isDay(from) && isDay(to) && days >= 1 && days <= MAX_CALENDAR_DAYS) return
  throw new ChangeoverError(
    'DEFINITION',
    `The config has a calendar from ${JSON.stringify(from)} to ${JSON.stringify(to)}, which is not a range of days.`,
    {
      remedy: `Write two days as YYYY-MM-DD, the earlier one first, and at most ${MAX_CALENDAR_DAYS} days in all.`,
    },
  )
}
