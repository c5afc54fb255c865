import { zstdCompressSync } from 'node:zlib'
import { Binary, Decimal128, Long, ObjectId } from 'bson'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent, encodeEvent, splitDocuments } from '../../src/event/codec.ts'
import { decodeMessage, encodeMessage, MAX_INFLATED_BYTES, packMessages } from '../../src/event/message.ts'

const events = fc.array(
  fc
    .record({
      _id: fc.nat(),
      text: fc.string({ unit: 'binary', maxLength: 3000 }),
      at: fc.date({ noInvalidDate: true }),
    })
    .map((event) => encodeEvent(event)),
  { maxLength: 20 },
)
const hexOf = (of: readonly Uint8Array[]): string[] => of.map((bytes) => Buffer.from(bytes).toString('hex'))

function bodyWith(change: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(encodeMessage('history', [encodeEvent({ _id: 1 })])) as object), ...change })
}

describe('a message', () => {
  test('gives back the events that went in, byte for byte', () => {
    fc.assert(
      fc.property(events, (run) => {
        const read = decodeMessage(encodeMessage('history', run))
        if (read.outcome === 'malformed') throw new Error(read.reason)
        expect(read.migration).toBe('history')
        expect(hexOf(read.events)).toEqual(hexOf(run))
      }),
    )
  })

  test('is compressed where that pays, and says which', () => {
    const encoding = (event: object): unknown =>
      (JSON.parse(encodeMessage('m', [encodeEvent(event)])) as { encoding: unknown }).encoding
    expect(encoding({ text: 'x'.repeat(5000) })).toBe('bson+zstd')
    expect(encoding({ text: 'x' })).toBe('bson')
    expect(encodeMessage('m', [encodeEvent({ text: 'ä😀' })])).toMatch(/^[ -~]+$/)
  })

  const bomb = zstdCompressSync(Buffer.alloc(MAX_INFLATED_BYTES + 1)).toString('base64')
  const whole = zstdCompressSync(encodeEvent({ text: 'x'.repeat(5000) }))
  test.each<[string, string, RegExp]>([
    ['is not JSON', '{"changeover":1', /not a changeover message/],
    ['is somebody else’s', '{"Records":[]}', /the version is not 1/],
    ['is null', 'null', /the version is not 1/],
    ['is of a later version', bodyWith({ changeover: 2 }), /the version is not 1/],
    ['lacks its migration', bodyWith({ migration: undefined }), /migration, events or data is missing/],
    ['has a count that is no number', bodyWith({ events: '1' }), /migration, events or data is missing/],
    ['has a fractional count', bodyWith({ events: 0.5 }), /migration, events or data is missing/],
    ['has data that is no text', bodyWith({ data: { length: 5 } }), /migration, events or data is missing/],
    ['is encoded in a way that is not known', bodyWith({ encoding: 'gzip' }), /the encoding is unknown/],
    ['counts too many', bodyWith({ events: 2 }), /declares events: 2, but its data is not exactly/],
    ['counts too few', bodyWith({ events: 0 }), /declares events: 0, but its data is not exactly/],
    ['was cut off in its base64', bodyWith({ data: 'FgAAABBf' }), /declares events: 1, but its data is not exactly/],
    [
      'claims documents that are longer than it is',
      bodyWith({ data: '////fwA=' }),
      /declares events: 1, but its data is not exactly/,
    ],
    [
      'claims documents of no length',
      bodyWith({ data: 'AAAAAAA=' }),
      /declares events: 1, but its data is not exactly/,
    ],
    ['says that it is compressed and is not', bodyWith({ encoding: 'bson+zstd' }), /not a changeover message/],
    [
      'was cut off in its compressed data',
      bodyWith({ encoding: 'bson+zstd', data: whole.subarray(0, -3).toString('base64') }),
      // Older Nodes give what they could inflate, and no error.
      /not a changeover message|declares events: 1, but its data is not exactly/,
    ],
    ['inflates without bound', bodyWith({ encoding: 'bson+zstd', data: bomb }), /not a changeover message/],
  ])('that %s is malformed, with a reason', (_, body, reason) => {
    expect(decodeMessage(body)).toEqual({ outcome: 'malformed', reason: expect.stringMatching(reason) as string })
  })

  test('of anything at all is answered, never thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.base64String().map((data) => bodyWith({ data })),
        ),
        (body) => {
          expect(decodeMessage(body)).toBeTypeOf('object')
        },
      ),
    )
  })
})

describe('packing', () => {
  test('loses nothing, keeps the order and holds the limit; what fits no message is given back', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 120, max: 4000 }), (run, limit) => {
        const { bodies, oversized } = packMessages('history', run, limit)
        const packed = bodies.flatMap(({ body, events: count }) => {
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limit)
          const read = decodeMessage(body)
          if (read.outcome === 'malformed') throw new Error(read.reason)
          expect(read.events).toHaveLength(count)
          return read.events
        })
        expect(hexOf(packed)).toEqual(hexOf(run.filter((_, i) => !oversized.includes(i))))
        for (const i of oversized) expect(encodeMessage('history', [run[i]!]).length).toBeGreaterThan(limit)
      }),
    )
  })

  test('never makes a message that its reader would take for a bomb', () => {
    const large = encodeEvent({ _id: 1, text: 'x'.repeat(15 * 2 ** 20) })
    const { bodies, oversized } = packMessages('history', Array<Uint8Array>(6).fill(large), 2 ** 20)
    expect(oversized).toEqual([])
    expect(bodies.length).toBeGreaterThan(1)
    expect(bodies.map(({ body }) => decodeMessage(body).outcome)).not.toContain('malformed')
  })
})

describe('an event', () => {
  test('decodes to the same values whoever encoded it', () => {
    const event = {
      _id: new ObjectId(),
      long: Long.MAX_VALUE,
      safe: Long.fromNumber(7),
      raw: new Binary(Buffer.of(1)),
      price: new Decimal128('0.10'),
    }
    const read = decodeEvent(encodeEvent(event))
    expect(read).toMatchObject({ _id: event._id, long: Long.MAX_VALUE, safe: 7, price: event.price })
    expect((read['raw'] as Binary)._bsontype).toBe('Binary')
  })

  test('may hold a key that JS gives a meaning to, which then means nothing', () => {
    const read = decodeEvent(encodeEvent(JSON.parse('{"_id":1,"__proto__":{"type":"forged"}}') as object))
    expect(Object.hasOwn(read, '__proto__')).toBe(true)
    expect(read['type']).toBeUndefined()
    expect(({} as Record<string, unknown>)['type']).toBeUndefined()
  })

  test('that is cut off or followed by something is refused', () => {
    const bytes = Buffer.from(encodeEvent({ _id: 1, text: 'abc' }))
    expect(() => decodeEvent(bytes.subarray(0, -1))).toThrow()
    expect(() => decodeEvent(Buffer.concat([bytes, Buffer.of(0)]))).toThrow()
    expect(splitDocuments(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
    expect(splitDocuments(new Uint8Array())).toEqual([])
  })
})
