import { compareText, type Cell } from './cell.ts'
import { Misfit, type DataType } from './data-type.ts'

/** What a `datetime` column takes: an instant, or a text in ISO 8601 with its time zone. */
export type InstantInput = Date | string
/** What a `date` column takes: an instant, of which it keeps the day in UTC, or a day as `YYYY-MM-DD`. */
export type DayInput = Date | string

const EARLIEST = Date.UTC(1000, 0, 1)
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
// The groups are: day, time, fraction, zone.
const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/

/** An instant in UTC to the millisecond, stored as `DATETIME(3)`. */
export const datetime: DataType = {
  name: 'datetime',
  sql: 'DATETIME(3)',
  keyBytes: 7,
  encode: (value) => {
    const at = instantOf(value)
    return at instanceof Misfit ? at : instantText(new Date(at))
  },
  decode: (raw) => String(raw).padEnd(19, ' ').slice(0, 19) + (String(raw).slice(19) || '.').padEnd(4, '0').slice(0, 4),
  order: (a, b) => compareText(a as string, b as string),
}

/** An instant as its cell: `2024-05-06 07:08:09.123`, in UTC. */
export function instantText(at: Date): string {
  return at.toISOString().replace('T', ' ').slice(0, 23)
}

/** A day in the proleptic Gregorian calendar, without a time zone. */
export const date: DataType = {
  name: 'date',
  sql: 'DATE',
  keyBytes: 3,
  encode: (value): NonNullable<Cell> | Misfit => {
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) {
      return isDay(value) && value >= '1000' ? value : new Misfit('is not a day of the years 1000 to 9999')
    }
    const at = instantOf(value)
    return at instanceof Misfit ? at : new Date(at).toISOString().slice(0, 10)
  },
  decode: (raw) => String(raw).slice(0, 10),
  order: (a, b) => compareText(a as string, b as string),
}

/** The milliseconds since 1970 of an instant that fits a warehouse column. */
function instantOf(value: unknown): number | Misfit {
  let at: number
  if (value instanceof Date) {
    at = value.getTime()
  } else if (typeof value === 'string') {
    const [, day = '', , fraction = '', zone] = ISO.exec(value) ?? []
    if (!isDay(day)) return new Misfit('is neither a Date nor a time in ISO 8601')
    if (zone === undefined) return new Misfit('has no time zone; end it with Z or an offset such as +02:00')
    if (fraction.length > 3 && /[1-9]/.test(fraction.slice(3))) return new Misfit('is more precise than a millisecond')
    at = Date.parse(value)
  } else {
    return new Misfit('is neither a Date nor a time in ISO 8601')
  }
  if (Number.isNaN(at)) return new Misfit('is not a valid time')
  return at < EARLIEST || at > LATEST ? new Misfit('is outside the years 1000 to 9999') : at
}

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
