import fc from 'fast-check'
import { expect, test } from 'vitest'
import { column as c, fact } from '../../src/exports/index.ts'
import { doubleBits, doubleDigits } from '../../src/star/rows/double-text.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'

test.each<[number, string]>([
  [0, '0'],
  [-0, '0'],
  [1, '0 4503599627370496'],
  [-1.5, '0 -6755399441055744'],
  [Number.MAX_VALUE, '1023 9007199254740991'],
  [2 ** -1022, '-1022 4503599627370496'],
  [2 ** -1022 - 2 ** -1074, '-1023 9007199254740990'],
  [5e-324, '-1074 4503599627370496'],
  [-15e-324, '-1073 -6755399441055744'],
])('the bits of %d are %s', (value, text) => {
  expect(doubleBits(value)).toBe(text)
})

test('the bits of a double give back the same double, so no two have the same text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [, exponent, mantissa] = /^(-?\d+) (-?\d{16})$/.exec(doubleBits(value)) ?? ['', '0', '0']
      expect((Number(mantissa) / 2 ** 52) * 2 ** Number(exponent)).toBe(value === 0 ? 0 : value)
    }),
    { numRuns: 2000 },
  )
})

test.each<[number, string]>([
  [0, '0'],
  [1.0000000000000001e-7, '0.00000010000000000000001'],
  [1e15, '1e15'],
  [123456789012345680, '1.2345678901234568e17'],
  [1234567890123456.8, '1234567890123456.8'],
  [-1e-16, '-1e-16'],
])('the digits of %d are %s', (value, text) => {
  expect(doubleDigits(value)).toBe(text)
})

test('the fingerprint of a content with doubles is what it always was', () => {
  const reading = fact('reading', { key: { id: c.int() }, measures: { a: c.double(), b: c.double(), note: c.text() } })
  const [made] = rowsOf(
    [reading.create({ id: 1 }, { a: 1.0000000000000001e-7, b: -1e300, note: 'é' })],
    stampOf(1n, 1, 3),
    'live',
  )
  expect(made!.row[reading.layout.content!.high]).toBe(1022819154673145n)
})
