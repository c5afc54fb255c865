import { Binary, Decimal128, Long, ObjectId } from 'bson'
import { describe, expect, test } from 'vitest'
import { decodeEvent, encodeEvent, splitDocuments } from '../../src/event/codec.ts'

describe('an event', () => {
  test('decodes to the values that were encoded', () => {
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

  test('may contain a key such as __proto__, which has no effect', () => {
    const read = decodeEvent(encodeEvent(JSON.parse('{"_id":1,"__proto__":{"type":"forged"}}') as object))
    expect(Object.hasOwn(read, '__proto__')).toBe(true)
    expect(read['type']).toBeUndefined()
    expect(({} as Record<string, unknown>)['type']).toBeUndefined()
  })

  test('is refused if bytes are missing or left over', () => {
    const bytes = Buffer.from(encodeEvent({ _id: 1, text: 'abc' }))
    expect(() => decodeEvent(bytes.subarray(0, -1))).toThrow()
    expect(() => decodeEvent(Buffer.concat([bytes, Buffer.of(0)]))).toThrow()
    expect(splitDocuments(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
    expect(splitDocuments(new Uint8Array())).toEqual([])
  })
})
