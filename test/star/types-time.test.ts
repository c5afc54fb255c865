import fc from 'fast-check'
import { expect, test } from 'vitest'
import { date, datetime } from '../../src/star/types/time.ts'
import { encoded } from './encoded.ts'

const zoneless = '!has no time zone; end it with Z or an offset such as +02:00'
const neither = '!is neither a Date nor a time in ISO 8601'

test.each<[unknown, string]>([
  [new Date(0), '1970-01-01 00:00:00.000'],
  [new Date(-1), '1969-12-31 23:59:59.999'],
  ['2024-02-29T23:59:59.999Z', '2024-02-29 23:59:59.999'],
  ['2024-12-31T23:59:59.999-00:00', '2024-12-31 23:59:59.999'],
  ['2025-01-01T00:30+01:00', '2024-12-31 23:30:00.000'],
  ['2024-12-31T23:30:00-05:00', '2025-01-01 04:30:00.000'],
  ['2021-03-28T02:30:00+01:00', '2021-03-28 01:30:00.000'],
  ['2021-10-31T02:30:00+02:00', '2021-10-31 00:30:00.000'],
  ['2021-10-31T02:30:00+01:00', '2021-10-31 01:30:00.000'],
  ['2024-06-01T12:00:00.5Z', '2024-06-01 12:00:00.500'],
  ['2024-06-01T12:00:00.123000000Z', '2024-06-01 12:00:00.123'],
  ['2024-06-01T24:00:00Z', '2024-06-02 00:00:00.000'],
  ['1000-01-01T00:00:00Z', '1000-01-01 00:00:00.000'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31 23:59:59.999'],
])('a datetime column takes %s as the instant %s in UTC', (value, cell) => {
  expect(encoded(datetime, value)).toBe(cell)
  expect(datetime.decode(cell)).toBe(cell)
})

test.each<[unknown, string]>([
  ['2024-06-01T23:59:59.9996Z', '!is more precise than a millisecond'],
  ['2024-06-01T12:00:00', zoneless],
  ['2024-06-01T12:00:00.5', zoneless],
  ['2024-06-01 12:00:00Z', neither],
  ['2024-06-01', neither],
  ['01/06/2024', neither],
  ['yesterday', neither],
  ['', neither],
  ['2023-02-30T00:00:00Z', neither],
  ['2023-02-29T00:00:00Z', neither],
  ['2023-13-01T00:00:00Z', neither],
  [1717243200000, neither],
  [null, neither],
  ['2024-06-01T25:00:00Z', '!is not a valid time'],
  ['2024-06-01T23:59:60Z', '!is not a valid time'],
  ['2024-06-01T12:00:00+99:00', '!is not a valid time'],
  ['2024-06-01T12:00.5Z', '!is not a valid time'],
  [new Date(Number.NaN), '!is not a valid time'],
  ['0999-12-31T23:59:59.999Z', '!is outside the years 1000 to 9999'],
  ['9999-12-31T23:59:59-01:00', '!is outside the years 1000 to 9999'],
  [new Date('+010000-01-01T00:00:00Z'), '!is outside the years 1000 to 9999'],
])('a datetime column refuses %s: %s', (value, reason) => {
  expect(encoded(datetime, value)).toBe(reason)
})

test.each<[unknown, string]>([
  ['2024-02-29', '2024-02-29'],
  ['1000-01-01', '1000-01-01'],
  ['9999-12-31', '9999-12-31'],
  [new Date('2024-12-31T23:59:59.999Z'), '2024-12-31'],
  ['2025-01-01T00:30:00+01:00', '2024-12-31'],
])('a date column takes %s as the day %s', (value, cell) => {
  expect(encoded(date, value)).toBe(cell)
  expect(date.decode(cell)).toBe(cell)
})

test.each(['2023-02-30', '2023-02-29', '2024-00-10', '0999-12-31', '0000-00-00'])(
  'a date column refuses %s, which is not a day',
  (value) => {
    expect(encoded(date, value)).toBe('!is not a day of the years 1000 to 9999')
  },
)

test('every instant keeps its milliseconds and its order', () => {
  const instant = fc.date({
    min: new Date('1000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      const [x, y] = [encoded(datetime, a) as string, encoded(datetime, b) as string]
      expect(new Date(`${datetime.decode(x) as string}Z`)).toEqual(a)
      expect(encoded(datetime, a.toISOString())).toBe(x)
      expect(Math.sign(datetime.order(x, y))).toBe(Math.sign(a.getTime() - b.getTime()))
    }),
  )
})

test('digits that the server leaves out of a time are filled in', () => {
  expect(datetime.decode('2024-06-01 12:00:00')).toBe('2024-06-01 12:00:00.000')
  expect(datetime.decode('2024-06-01 12:00:00.5')).toBe('2024-06-01 12:00:00.500')
})
