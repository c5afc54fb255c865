import { Binary, ObjectId, serialize } from 'bson'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent, encodeEvent, eventKey, eventKeyOf, idOf } from '../../src/event/index.ts'
import { documentOf, event, ids, text } from './bson-ids.ts'

const hex = (key: Uint8Array | undefined): string => Buffer.from(key!).toString('hex')

describe('the key of an event in bytes', () => {
  test('is equal exactly where MongoDB takes two ids for the same', () => {
    fc.assert(
      fc.property(fc.array(ids, { minLength: 2, maxLength: 60 }), (some) => {
        const keys = new Map<string, string>()
        const sames = new Map<string, string>()
        for (const id of some) {
          const key = hex(eventKeyOf(event(id)))
          expect(keys.get(key) ?? id.same).toBe(id.same)
          expect(sames.get(id.same) ?? key).toBe(key)
          keys.set(key, id.same)
          sames.set(id.same, key)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is the key of the id as JS has it, also when that is stored and read again', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const bytes = event(id)
        const decoded = idOf(bytes)
        if (id.hasJsValue) expect(decoded).not.toBeUndefined()
        if (decoded !== undefined) expect(hex(eventKey(decoded))).toBe(hex(eventKeyOf(bytes)))
        if (id.hasJsValue) expect(hex(eventKeyOf(serialize({ _id: decoded })))).toBe(hex(eventKeyOf(bytes)))
      }),
      { numRuns: 3000 },
    )
  })

  test('needs nothing of the event but its id', () => {
    expect(hex(eventKeyOf(event(text('a'))))).toBe(hex(eventKey('a')))
    expect(() => decodeEvent(event(text('a')))).toThrow()
    expect(idOf(event(text('a')))).toBe('a')
  })

  test('is that of the first field named _id', () => {
    expect(
      hex(
        eventKeyOf(
          documentOf([
            ['_id', text('a')],
            ['_id', text('b')],
          ]),
        ),
      ),
    ).toBe(hex(eventKey('a')))
    expect(hex(eventKeyOf(encodeEvent({ of: { _id: 1 }, _id_: 2, _id: 3 })))).toBe(hex(eventKey(3)))
  })

  test('exists however deep the id is nested, and is made in time', () => {
    let deep: unknown = 1
    for (let i = 0; i < 90; i++) deep = { a: deep }
    expect(hex(eventKeyOf(encodeEvent({ _id: deep })))).toBe(hex(eventKey(deep)))
    // 16 MiB of nothing but nesting, which no decoder gets through.
    const depth = 2_000_000
    const nested = Buffer.alloc(8 * depth + 5)
    for (let i = 0; i < depth; i++) {
      nested.writeInt32LE(nested.length - 8 * i, 7 * i)
      nested.write('\u0003a\0', 7 * i + 4)
    }
    nested.writeInt32LE(5, 7 * depth)
    const started = performance.now()
    expect(eventKeyOf(documentOf([['_id', { type: 0x03, bytes: nested }]]))).toHaveLength(33)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(idOf(documentOf([['_id', { type: 0x03, bytes: nested }]]))).toBeUndefined()
  })

  test('does not exist without an id, or when the bytes are not BSON', () => {
    const whole = Buffer.from(encodeEvent({ before: 'x', _id: { a: 'b' } }))
    expect(eventKeyOf(encodeEvent({ id: 1 }))).toBeUndefined()
    expect(eventKeyOf(documentOf([['_id', { type: 0x06, bytes: Buffer.of() }]]))).toBeUndefined()
    expect(eventKeyOf(documentOf([['_id', { type: 0x14, bytes: Buffer.of() }]]))).toBeUndefined()
    for (let length = 0; length < whole.length; length++) {
      expect(eventKeyOf(whole.subarray(0, length))).toBeUndefined()
      expect(idOf(whole.subarray(0, length))).toBeUndefined()
    }
  })

  test('is made of any bytes without an exception', () => {
    fc.assert(
      fc.property(ids, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }), (id, changes) => {
        const bytes = event(id)
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
        eventKeyOf(bytes)
        idOf(bytes)
      }),
      { numRuns: 5000 },
    )
  })

  test('tells an old binary with a wrong length from others', () => {
    const binary = (bytes: Buffer) => ({
      type: 0x05,
      bytes: Buffer.concat([Buffer.of(bytes.length, 0, 0, 0, 2), bytes]),
    })
    const keys = [
      Buffer.of(1),
      Buffer.of(9, 0, 0, 0, 1),
      Buffer.of(1, 0, 0, 0, 1),
      Buffer.of(5, 0, 0, 0, 9, 0, 0, 0, 1),
    ]
    expect(new Set(keys.map((bytes) => hex(eventKeyOf(documentOf([['_id', binary(bytes)]]))))).size).toBe(4)
    expect(hex(eventKeyOf(documentOf([['_id', binary(Buffer.of(1, 0, 0, 0, 1))]])))).toBe(
      hex(eventKey(new Binary(Buffer.of(1), 2))),
    )
  })
})

describe('the id of an event', () => {
  test('is the value that users know', () => {
    const id = new ObjectId()
    expect(idOf(encodeEvent({ _id: id }))).toEqual(id)
    expect(idOf(encodeEvent({ _id: 7 }))).toBe(7)
    expect(idOf(encodeEvent({ _id: { a: 'b', c: [1] } }))).toEqual({ a: 'b', c: [1] })
  })

  test('keeps the order of fields that JS would sort', () => {
    const bytes = documentOf([
      [
        '_id',
        {
          type: 0x03,
          bytes: documentOf([
            ['b', text('x')],
            ['1', text('y')],
          ]),
        },
      ],
    ])
    expect([...(idOf(bytes) as Map<string, unknown>)].map(([name]) => name)).toEqual(['b', '1'])
  })

  test('is missing where no value of JS is the same id', () => {
    expect(idOf(documentOf([['_id', text(Buffer.of(0xff))]]))).toBeUndefined()
    expect(idOf(encodeEvent({ id: 1 }))).toBeUndefined()
  })
})
