import { Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'bson'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bigint, boolean, decimal, double, int } from '../../src/star/types/number.ts'
import { encoded } from './encoded.ts'

test.each<[unknown, unknown]>([
  [7, 7],
  [7n, 7],
  [new Int32(-7), -7],
  [new Double(7), 7],
  [Long.fromString('2147483647'), 2147483647],
  [-2147483648, -2147483648],
  [-0, 0],
])('an int column takes %s as %s', (value, cell) => {
  expect(encoded(int, value)).toBe(cell)
  expect(Object.is(encoded(int, value), -0)).toBe(false)
})

test.each([2147483648, -2147483649, Long.fromString('4294967296')])(
  'an int column refuses %s as out of its range',
  (value) => {
    expect(encoded(int, value)).toBe('!is outside the range of a 32-bit integer (-2147483648 to 2147483647)')
  },
)

test.each([
  '7',
  7.5,
  Number.NaN,
  Infinity,
  true,
  new Date(7),
  [],
  {},
  new ObjectId(),
  new Decimal128('7'),
  new Double(7.5),
])('an int column refuses %s rather than convert it', (value) => {
  expect(encoded(int, value)).toBe('!is not a 32-bit integer')
})

test.each<[unknown, bigint]>([
  [2 ** 53 - 1, 9007199254740991n],
  [-(2 ** 53) + 1, -9007199254740991n],
  [2n ** 53n + 1n, 9007199254740993n],
  [Long.fromString('9007199254740993'), 9007199254740993n],
  [Long.MAX_VALUE, 2n ** 63n - 1n],
  [Long.MIN_VALUE, -(2n ** 63n)],
])('a bigint column keeps %s exactly', (value, cell) => {
  expect(encoded(bigint, value)).toBe(cell)
  expect(bigint.decode(String(cell))).toBe(cell)
})

test('a bigint column refuses a JS number that may have been rounded, and names the alternatives', () => {
  for (const value of [2 ** 53, -(2 ** 53), 1e20]) expect(encoded(bigint, value)).toMatch(/pass a bigint or a Long$/)
})

test.each([2n ** 63n, -(2n ** 63n) - 1n])('a bigint column refuses %s as out of its range', (value) => {
  expect(encoded(bigint, value)).toMatch(/^!is outside the range of a 64-bit integer/)
})

test('a BSON timestamp is not a number', () => {
  expect(encoded(bigint, new Timestamp({ t: 1, i: 2 }))).toBe('!is not a 64-bit integer')
})

test('a boolean column takes only true and false', () => {
  expect([true, false].map((value) => encoded(boolean, value))).toEqual([1, 0])
  for (const value of [1, 0, 'true', '', [], new Int32(1)])
    expect(encoded(boolean, value)).toBe('!is not true or false')
})

test('a double column keeps every number except -0, which becomes 0', () => {
  for (const value of [0.1, 5e-324, 1e308, -1.5]) expect(encoded(double, value)).toBe(value)
  expect(encoded(double, new Double(0.1))).toBe(0.1)
  expect(Object.is(encoded(double, -0), 0)).toBe(true)
  expect(Object.is(encoded(double, new Double(-0)), 0)).toBe(true)
})

test.each([Number.NaN, Infinity, -Infinity, new Double(Number.NaN)])(
  'a double column refuses %s, which SQL cannot represent',
  (value) => {
    expect(encoded(double, value)).toBe('!is not finite; SQL has no such number')
  },
)

test('a double column refuses other types, even numeric strings', () => {
  for (const value of ['1', true, new Date(0), 1n]) expect(encoded(double, value)).toBe('!is not a number')
})

test.each<[unknown, string]>([
  ['0.10', '0.100'],
  [1.005, '1.005'],
  ['1.005', '1.005'],
  ['1.0050000', '1.005'],
  ['-0', '0.000'],
  ['-0.000', '0.000'],
  ['+7', '7.000'],
  ['.5', '0.500'],
  ['5.', '5.000'],
  ['1e3', '1000.000'],
  ['12E-1', '1.200'],
  ['0e-99999', '0.000'],
  [7, '7.000'],
  [9007199254740993n, '9007199254740993.000'],
  [Long.fromString('-9007199254740993'), '-9007199254740993.000'],
  [new Decimal128('7.5E+3'), '7500.000'],
  [new Decimal128('-0.125'), '-0.125'],
  [new Double(0.125), '0.125'],
])('decimal(20,3) takes %s as %s', (value, cell) => {
  expect(encoded(decimal(20, 3), value)).toBe(cell)
})

test.each([1e-7, '0.0001', '1.0005', new Decimal128('1E-4'), '1e-100'])(
  'decimal(20,3) refuses %s rather than round it',
  (value) => {
    expect(encoded(decimal(20, 3), value)).toBe('!has more than 3 digits after the point and would be rounded')
  },
)

test.each(['100000000000000000', '-1e17', new Decimal128('1E+17')])(
  'decimal(20,3) refuses %s, which has too many digits',
  (value) => {
    expect(encoded(decimal(20, 3), value)).toBe('!has more than 17 digits before the point')
  },
)

test.each([
  '',
  ' 1',
  '1 ',
  '1,5',
  '0x10',
  'NaN',
  'Infinity',
  '.',
  'e5',
  '1e',
  '١',
  '1\n',
  Number.NaN,
  new Decimal128('NaN'),
  true,
  '9'.repeat(500),
])('a decimal column refuses %j, which is not a decimal number', (value) => {
  expect(encoded(decimal(20, 3), value)).toBe('!is not a decimal number')
})

test('a huge exponent is refused without computing it', () => {
  for (const value of ['1e9999', '1e-9999', '1e99999', new Decimal128('1E+6111')])
    expect(encoded(decimal(65, 30), value)).toMatch(/^!/)
})

test('a decimal with scale 0 has no point, and the text of the server needs no decoding', () => {
  expect(encoded(decimal(5, 0), '1e2')).toBe('100')
  expect(decimal(5, 0).decode('100')).toBe('100')
  expect(decimal(20, 3).decode('-0.125')).toBe('-0.125')
})

test('decimals are ordered by value and decode to what was encoded', () => {
  const type = decimal(20, 3)
  const unscaled = fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n })
  const text = (value: bigint): string => {
    const digits = (value < 0n ? -value : value).toString().padStart(4, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
  }
  fc.assert(
    fc.property(unscaled, unscaled, (a, b) => {
      const [x, y] = [encoded(type, text(a)) as string, encoded(type, text(b)) as string]
      expect(x).toBe(text(a))
      expect(type.decode(x)).toBe(x)
      expect(Math.sign(type.order(x, y))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})
