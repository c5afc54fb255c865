import { Binary, Decimal128, Double, Int32, Long, ObjectId, UUID } from 'bson'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../../src/star/types/cell.ts'
import { EVENT_KEY_BYTES, eventKey } from '../../src/event/key.ts'
import { ABSENT, ERASED, inverted, positionOf, stampOf } from '../../src/star/rows/stamp.ts'

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -2n, max: 2n }))
const revisions = fc.integer({ min: 1, max: 255 })

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

describe('a stamp', () => {
  test('is ordered by position first, negative ones and Dates too, and knows its position', () => {
    fc.assert(
      fc.property(int64, int64, fc.string(), fc.string(), revisions, revisions, (p, q, id, other, r, s) => {
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

  test('is unique per event where positions tie', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => [
      i,
      String(i),
      new ObjectId(i.toString(16).padStart(24, '0')),
    ]).flat()
    expect(new Set(ids.map((id) => Buffer.from(stampOf(0n, id, 1)).toString('hex'))).size).toBe(ids.length)
  })

  test('is unique per migration: events of two collections may share an id, a position and a table', () => {
    for (const id of [7, new ObjectId()]) {
      expect(compareBytes(stampOf(7n, id, 1, 'orders'), stampOf(7n, id, 1, 'users'))).not.toBe(0)
    }
  })

  test('keeps the order in which one process made its ObjectIds within one tick', () => {
    const made = [0xfe, 0xff, 0x100, 0xffffff].map(
      (counter) => new ObjectId(`65a1b2c3d4e5f60718${counter.toString(16).padStart(6, '0')}`),
    )
    const stamps = made.map((id) => stampOf(5n, id, 1))
    expect(stamps.toSorted(compareBytes)).toEqual(stamps)
  })

  test('of a raised revision replaces what the same event wrote, and nothing that another event wrote', () => {
    fc.assert(
      fc.property(int64, fc.string(), fc.string(), (position, id, other) => {
        fc.pre(id !== other)
        const [old, raised, foreign] = [stampOf(position, id, 1), stampOf(position, id, 2), stampOf(position, other, 1)]
        expect(compareBytes(raised, old)).toBe(1)
        expect(compareBytes(inverted(raised), inverted(old))).toBe(1)
        expect(compareBytes(raised, foreign)).toBe(compareBytes(old, foreign))
      }),
    )
  })

  test('inverted has the opposite order among events', () => {
    fc.assert(
      fc.property(int64, int64, fc.string(), fc.string(), (p, q, id, other) => {
        fc.pre(p !== q || id !== other)
        const [a, b] = [stampOf(p, id, 1), stampOf(q, other, 1)]
        expect(compareBytes(inverted(a), inverted(b))).toBe(-compareBytes(a, b))
      }),
    )
  })

  test('lies between that of absence and that of erasure', () => {
    fc.assert(
      fc.property(int64, fc.string(), revisions, (position, id, revision) => {
        for (const stamp of [stampOf(position, id, revision), inverted(stampOf(position, id, revision))]) {
          expect(compareBytes(ABSENT, stamp)).toBe(-1)
          expect(compareBytes(stamp, ERASED)).toBe(-1)
        }
      }),
    )
  })
})

describe('the key of an event', () => {
  const hex = (id: unknown): string => Buffer.from(eventKey(id)).toString('hex')

  test('is one for equal numbers, whatever type carries them', () => {
    expect(new Set([7, 7n, new Int32(7), new Double(7), Long.fromNumber(7)].map(hex)).size).toBe(1)
    expect(hex(-0)).toBe(hex(0))
  })

  test('differs for ids that differ, however alike they look', () => {
    const bytes = Buffer.alloc(16, 7)
    const ids: unknown[] = [
      7,
      '7',
      7.5,
      '7.5',
      true,
      'true',
      null,
      'null',
      '',
      new Date(7),
      new Decimal128('7'),
      2n ** 60n,
      2n ** 60n + 1n,
      Long.MAX_VALUE,
      'a',
      'a ',
      'A',
      '\0',
      'x'.repeat(33),
      'x'.repeat(34),
      'x'.repeat(35),
      new ObjectId('000000000000000000000007'),
      '000000000000000000000007',
      bytes,
      new UUID(bytes),
      new Binary(bytes, 3),
      { a: 1 },
      { a: '1' },
      {
        a: 1,
        b: 2,
      },
      {
        b: 2,
        a: 1,
      },
      { ab: 1 },
      { a: { b: 1 } },
      { a: {} },
      {},
      { a: [1] },
      { a: { 0: 1 } },
      { a: /x/ },
      { a: /y/ },
      { a: /x/i },
      { a: [] },
      { a: null },
      { a: 'bc' },
      { ab: 'c' },
    ]
    expect(new Set(ids.map(hex)).size).toBe(ids.length)
  })

  test('fits its column, however long the id', () => {
    for (const id of ['', 'x'.repeat(5000), { a: 'x'.repeat(5000) }, new ObjectId(), Buffer.alloc(5000)]) {
      expect(eventKey(id).length).toBeLessThanOrEqual(EVENT_KEY_BYTES)
    }
  })

  test('is refused where there is no id, or one without end', () => {
    const round: Record<string, unknown> = {}
    round['self'] = round
    for (const id of [undefined, () => 1, Symbol('id'), round]) expect(() => eventKey(id)).toThrow(TypeError)
  })
})
