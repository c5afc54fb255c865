import { Binary, Decimal128, Double, Int32, Long, ObjectId, UUID } from 'bson'
import { describe, expect, test } from 'vitest'
import { EVENT_KEY_BYTES, eventKey } from '../../src/event/index.ts'

describe('the key of an event', () => {
  const hex = (id: unknown): string => Buffer.from(eventKey(id)).toString('hex')

  test('is the same for equal numbers of any type', () => {
    const sevens = [7, 7n, new Int32(7), new Double(7), Long.fromNumber(7), new Decimal128('7'), new Decimal128('7.00')]
    expect(new Set(sevens.map(hex)).size).toBe(1)
    expect(new Set([0, -0, new Decimal128('-0'), new Decimal128('0E+3'), new Double(-0)].map(hex)).size).toBe(1)
    expect(new Set([0.5, new Decimal128('0.5'), new Decimal128('0.50')].map(hex)).size).toBe(1)
    expect(
      new Set([2 ** 60, 2n ** 60n, Long.fromBigInt(2n ** 60n), new Decimal128('1152921504606846976')].map(hex)).size,
    ).toBe(1)
    expect(new Set([NaN, new Decimal128('NaN')].map(hex)).size).toBe(1)
    expect(new Set([new Decimal128('0.1'), new Decimal128('0.10'), new Decimal128('1E-1')].map(hex)).size).toBe(1)
  })

  test('differs for different ids, however similar', () => {
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
      new Decimal128('0.1'),
      0.1,
      new Decimal128('1E+400'),
      new Decimal128('1E-400'),
      new Decimal128('9223372036854775808.1'),
      new Decimal128('1152921504606846977.5'),
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

  test('fits its column for an id of any length', () => {
    for (const id of ['', 'x'.repeat(5000), { a: 'x'.repeat(5000) }, new ObjectId(), Buffer.alloc(5000)]) {
      expect(eventKey(id).length).toBeLessThanOrEqual(EVENT_KEY_BYTES)
    }
  })

  test('is refused for a missing id and for one that contains itself', () => {
    const round: Record<string, unknown> = {}
    round['self'] = round
    for (const id of [undefined, () => 1, Symbol('id'), round]) expect(() => eventKey(id)).toThrow(TypeError)
  })
})
