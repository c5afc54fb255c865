import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../../src/event/codec.ts'
import {
  decodeMessage,
  encodeMessage,
  MAX_EVENTS_PER_MESSAGE,
  MAX_INFLATED_BYTES,
  packMessages,
} from '../../src/event/message.ts'

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
  return JSON.stringify({
    ...(JSON.parse(encodeMessage({ migration: 'history' }, [encodeEvent({ _id: 1 })])) as object),
    ...change,
  })
}

describe('a message', () => {
  test('returns its events byte for byte', () => {
    fc.assert(
      fc.property(events, (run) => {
        const read = decodeMessage(encodeMessage({ migration: 'history' }, run))
        if (read.outcome === 'malformed') throw new Error(read.reason)
        expect(read.sender).toEqual({ migration: 'history' })
        expect(hexOf(read.events)).toEqual(hexOf(run))
      }),
    )
  })

  test('is compressed if that makes it smaller, and names its encoding', () => {
    const encoding = (event: object): unknown =>
      (JSON.parse(encodeMessage({ migration: 'm' }, [encodeEvent(event)])) as { encoding: unknown }).encoding
    expect(encoding({ text: 'x'.repeat(5000) })).toBe('bson+zstd')
    expect(encoding({ text: 'x' })).toBe('bson')
    expect(encodeMessage({ migration: 'm' }, [encodeEvent({ text: 'ä😀' })])).toMatch(/^[ -~]+$/)
  })

  const bomb = zstdCompressSync(Buffer.alloc(MAX_INFLATED_BYTES + 1)).toString('base64')
  const whole = zstdCompressSync(encodeEvent({ text: 'x'.repeat(5000) }))
  test.each<[string, string, RegExp]>([
    ['is not JSON', '{"changeover":1', /not a changeover message/],
    ['is of another program', '{"Records":[]}', /the version is not 1/],
    ['is null', 'null', /the version is not 1/],
    ['is of a later version', bodyWith({ changeover: 2 }), /the version is not 1/],
    ['has no migration', bodyWith({ migration: undefined }), /migration, events or data is missing/],
    ['has a count that is not a number', bodyWith({ events: '1' }), /migration, events or data is missing/],
    ['has a fractional count', bodyWith({ events: 0.5 }), /migration, events or data is missing/],
    ['has data that is not a string', bodyWith({ data: { length: 5 } }), /migration, events or data is missing/],
    ['has an unknown encoding', bodyWith({ encoding: 'gzip' }), /the encoding is unknown/],
    ['declares too many events', bodyWith({ events: 2 }), /declares events: 2, but its data is not exactly/],
    ['declares too few events', bodyWith({ events: 0 }), /declares events: 0, but its data is not exactly/],
    ['has truncated base64', bodyWith({ data: 'FgAAABBf' }), /declares events: 1, but its data is not exactly/],
    [
      'holds documents with a length beyond its end',
      bodyWith({ data: '////fwA=' }),
      /declares events: 1, but its data is not exactly/,
    ],
    ['holds documents of length 0', bodyWith({ data: 'AAAAAAA=' }), /declares events: 1, but its data is not exactly/],
    ['declares a compression that it does not have', bodyWith({ encoding: 'bson+zstd' }), /not a changeover message/],
    [
      'has truncated compressed data',
      bodyWith({ encoding: 'bson+zstd', data: whole.subarray(0, -3).toString('base64') }),
      // Older Nodes give what they could inflate, and no error.
      /not a changeover message|declares events: 1, but its data is not exactly/,
    ],
    ['inflates beyond the limit', bodyWith({ encoding: 'bson+zstd', data: bomb }), /not a changeover message/],
  ])('that %s is malformed, with a reason', (_, body, reason) => {
    expect(decodeMessage(body)).toEqual({ outcome: 'malformed', reason: expect.stringMatching(reason) as string })
  })

  test('of any content is decoded without throwing', () => {
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
  test('loses nothing, keeps the order and the limit, and returns events that fit no message', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 120, max: 4000 }), (run, limit) => {
        const { bodies, oversized } = packMessages({ migration: 'history' }, run, limit)
        const packed = bodies.flatMap(({ body, events: count }) => {
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limit)
          const read = decodeMessage(body)
          if (read.outcome === 'malformed') throw new Error(read.reason)
          expect(read.events).toHaveLength(count)
          return read.events
        })
        expect(hexOf(packed)).toEqual(hexOf(run.filter((_, i) => !oversized.includes(i))))
        for (const i of oversized)
          expect(encodeMessage({ migration: 'history' }, [run[i]!]).length).toBeGreaterThan(limit)
      }),
    )
  })

  test('never makes a message that its reader would refuse to inflate', () => {
    const large = encodeEvent({ _id: 1, text: 'x'.repeat(15 * 2 ** 20) })
    const { bodies, oversized } = packMessages({ migration: 'history' }, Array<Uint8Array>(6).fill(large), 2 ** 20)
    expect(oversized).toEqual([])
    expect(bodies.length).toBeGreaterThan(1)
    expect(bodies.map(({ body }) => decodeMessage(body).outcome)).not.toContain('malformed')
  })

  test('never puts more events into a message than its reader takes', () => {
    const tiny = Array<Uint8Array>(MAX_EVENTS_PER_MESSAGE + 1).fill(encodeEvent({}))
    const { bodies, oversized } = packMessages({ migration: 'history' }, tiny, 2 ** 20)
    expect(oversized).toEqual([])
    expect(bodies.reduce((sum, { events: count }) => sum + count, 0)).toBe(tiny.length)
    expect(bodies.map(({ body }) => decodeMessage(body).outcome)).toEqual(['decoded', 'decoded'])
    expect(decodeMessage(encodeMessage({ migration: 'history' }, tiny)).outcome).toBe('malformed')
  })
})
