import { Double, Int32, Long, ObjectId } from 'bson'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../../src/star/types/cell.ts'
import { ABSENT, erasedStamp, inverted, isErased, positionOf, stampOf } from '../../src/star/rows/stamp.ts'

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -2n, max: 2n }))
const generations = fc.integer({ min: 0, max: 9999 })

describe('a position', () => {
  test.each<[unknown, bigint | undefined]>([
    [7, 7n],
    [-0, 0n],
    [Long.MIN_VALUE, -(2n ** 63n)],
    [new Int32(-1), -1n],
    [new Double(3), 3n],
    [new Date(-1), -1n],
    [2n ** 63n, undefined],
    [2 ** 53, undefined],
    [1.5, undefined],
    [Number.NaN, undefined],
    [new Date(Number.NaN), undefined],
    ['7', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %s is %s', (value, position) => {
    expect(positionOf(value)).toBe(position)
  })
})

// Warehouses are full of stamps that an earlier run made.
test.each<[Parameters<typeof stampOf>, string]>([
  [[5n, new ObjectId('65a1b2c3d4e5f60718293a4b'), 1, 'orders'], '8000000000000005293a4bffef520001'],
  [[5n, 'ann', 255, 'orders'], '80000000000000053966570e4c6800ff'],
  [[-5n, 7, 1], '7ffffffffffffffbf3bce69ffb750001'],
  [[2n ** 62n, { a: 'x'.repeat(50) }, 3, 's'], 'c00000000000000062283690d8710003'],
])('the stamp of %o is what it was', (given, stamp) => {
  expect(Buffer.from(stampOf(...given)).toString('hex')).toBe(stamp)
})

describe('a stamp', () => {
  test('begins with its position and is ordered by it, including negative positions and Dates', () => {
    fc.assert(
      fc.property(int64, int64, fc.string(), fc.string(), generations, generations, (p, q, id, other, r, s) => {
        const [a, b] = [stampOf(p, id, r), stampOf(q, other, s)]
        expect(a).toHaveLength(16)
        expect(Buffer.from(a).readBigUInt64BE(0) - 2n ** 63n).toBe(p)
        if (p !== q) expect(compareBytes(a, b)).toBe(p < q ? -1 : 1)
      }),
    )
    const dates = ['1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00Z', '2024-02-29T00:00:00Z'].map((text) =>
      positionOf(new Date(text))!,
    )
    const stamps = dates.map((position) => stampOf(position, 'x', 1))
    expect(stamps.toSorted(compareBytes)).toEqual(stamps)
  })

  test('is unique per event if positions are equal', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => [
      i,
      String(i),
      new ObjectId(i.toString(16).padStart(24, '0')),
    ]).flat()
    expect(new Set(ids.map((id) => Buffer.from(stampOf(0n, id, 1)).toString('hex'))).size).toBe(ids.length)
  })

  test('is unique per migration, if events of two collections share an id and a position', () => {
    for (const id of [7, new ObjectId()]) {
      expect(compareBytes(stampOf(7n, id, 1, 'orders'), stampOf(7n, id, 1, 'users'))).not.toBe(0)
    }
  })

  test('keeps the order of ObjectIds that one process made at the same position', () => {
    const made = [0xfe, 0xff, 0x100, 0xffffff].map(
      (counter) => new ObjectId(`65a1b2c3d4e5f60718${counter.toString(16).padStart(6, '0')}`),
    )
    const stamps = made.map((id) => stampOf(5n, id, 1))
    expect(stamps.toSorted(compareBytes)).toEqual(stamps)
  })

  test('of a later generation outranks only the same event', () => {
    fc.assert(
      fc.property(int64, fc.string(), fc.string(), (position, id, other) => {
        fc.pre(id !== other)
        const [old, later, foreign] = [stampOf(position, id, 1), stampOf(position, id, 2), stampOf(position, other, 1)]
        expect(compareBytes(later, old)).toBe(1)
        expect(compareBytes(inverted(later), inverted(old))).toBe(1)
        expect(compareBytes(later, foreign)).toBe(compareBytes(old, foreign))
      }),
    )
  })

  test('has the opposite order among events when inverted', () => {
    fc.assert(
      fc.property(int64, int64, fc.string(), fc.string(), (p, q, id, other) => {
        fc.pre(p !== q || id !== other)
        const [a, b] = [stampOf(p, id, 1), stampOf(q, other, 1)]
        expect(compareBytes(inverted(a), inverted(b))).toBe(-compareBytes(a, b))
      }),
    )
  })

  test('is greater than that of absence and less than that of erasure', () => {
    fc.assert(
      fc.property(int64, fc.string(), generations, (position, id, generation) => {
        for (const stamp of [stampOf(position, id, generation), inverted(stampOf(position, id, generation))]) {
          expect(compareBytes(ABSENT, stamp)).toBe(-1)
          expect(compareBytes(stamp, erasedStamp(0))).toBe(-1)
          expect(isErased(stamp)).toBe(false)
        }
      }),
    )
  })
})
