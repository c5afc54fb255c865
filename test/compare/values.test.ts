import { Decimal128, Int32, Long, ObjectId } from 'mongodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyPart, sameValue } from '../../src/compare/values.ts'

const noon = new Date('2024-05-06T12:00:00.000Z')
const midnight = new Date('2024-05-06T00:00:00.000Z')
const id = new ObjectId('0123456789abcdef01234567')

describe('sameValue', () => {
  it.each<[unknown, unknown]>([
    [null, undefined],
    [7, '7'],
    [7, '7.00'],
    [100, '100.000'],
    [0, '0.00'],
    [-0, 0],
    [-5, '-5.0'],
    [7, 7n],
    [7, Long.fromNumber(7)],
    [7, new Int32(7)],
    ['12345678901234567890.12', Decimal128.fromString('12345678901234567890.12')],
    [2n ** 60n, Long.fromBigInt(2n ** 60n)],
    [String(2n ** 60n), Long.fromBigInt(2n ** 60n)],
    [0.1 + 0.2, '0.3'],
    [0.1 + 0.2, 0.3],
    [1e15 / 3, '333333333333333.3333'],
    [1e40, 1e40],
    [true, 1],
    [false, '0'],
    [noon, new Date(noon)],
    [noon, '2024-05-06 12:00:00'],
    [noon, '2024-05-06 12:00:00.000'],
    [noon, '2024-05-06T12:00:00Z'],
    [noon, '2024-05-06T14:00:00+02:00'],
    [midnight, '2024-05-06'],
    [id, id.toHexString()],
    [Buffer.from('ab'), new Uint8Array([97, 98])],
    [{ a: [1] }, { a: [1] }],
    ['', ''],
  ])('takes %o and %o for the same value', (a, b) => {
    expect([sameValue(a, b), sameValue(b, a)]).toEqual([true, true])
  })

  it.each<[unknown, unknown]>([
    [null, 0],
    [null, ''],
    [null, 'null'],
    [undefined, 'undefined'],
    [null, false],
    [0, ''],
    [7, '8'],
    [7, '7.01'],
    [7, '7x'],
    [10, 1],
    [10, '100'],
    [0, '-1'],
    ['7', '7.0'],
    ['a', 'A'],
    ['a', 'a '],
    ['é', 'e\u0301'],
    [2n ** 60n, 2n ** 60n + 1n],
    [String(2 ** 53), String(2n ** 53n + 1n)],
    [Number.MAX_SAFE_INTEGER, `${Number.MAX_SAFE_INTEGER}.5`],
    [1.000001, 1.000002],
    [0.5, ''],
    [0.5, 'NaN'],
    [true, 'true'],
    [noon, midnight],
    [noon, '2024-05-06'],
    [noon, '12:00'],
    [new Date('2001-01-01T00:00:00Z'), '1'],
    [new Date('2024-01-01T00:00:00Z'), '2024'],
    [noon, noon.getTime()],
    [new Date(Number.NaN), 'never'],
    [new Date(Number.NaN), new Date(Number.NaN)],
    [{ a: 1 }, { a: 2 }],
    [id, new ObjectId()],
  ])('takes %o and %o for different values', (a, b) => {
    expect([sameValue(a, b), sameValue(b, a)]).toEqual([false, false])
  })

  it('compares floating-point numbers by relative error', () => {
    const float = fc
      .double({ noNaN: true, noDefaultInfinity: true, min: 1e-3, max: 1e15 })
      .filter((n) => !Number.isInteger(n))
    fc.assert(
      fc.property(float, (n) => {
        expect(sameValue(n, n * (1 + 1e-10))).toBe(true)
        expect(sameValue(n, n * (1 + 1e-6))).toBe(false)
      }),
    )
  })

  it('recognizes a number in the text that MySQL writes for it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(6), (n, zeros) => {
        expect(sameValue(n, zeros === 0 ? String(n) : `${n}.${'0'.repeat(zeros)}`)).toBe(true)
        expect(sameValue(n, String(n + 1n))).toBe(false)
      }),
    )
  })
})

describe('keyPart', () => {
  it.each<[unknown, unknown]>([
    [7, '7'],
    [7, 7n],
    [7, Long.fromNumber(7)],
    [midnight, '2024-05-06'],
    [noon, new Date(noon)],
    [id, id.toHexString()],
    [null, undefined],
    [true, 1],
    [2.5, '2.5'],
  ])('joins %o and %o', (a, b) => {
    expect(keyPart(a)).toBe(keyPart(b))
  })

  it.each<[unknown, unknown]>([
    ['007', 7],
    ['007', '7'],
    [null, 'null'],
    [null, ''],
    [0, ''],
    [0, null],
    [10, 1],
    ['a', 'a '],
    [noon, midnight],
  ])('keeps %o and %o apart', (a, b) => {
    expect(keyPart(a)).not.toBe(keyPart(b))
  })
})
