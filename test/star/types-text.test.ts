import { runInNewContext } from 'node:vm'
import { Binary, Long, ObjectId, UUID } from 'bson'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareText } from '../../src/star/types/cell.ts'
import { binary, char, enumeration, json, objectId, text, uuid, varchar } from '../../src/star/types/text.ts'
import { UGLY_TEXTS } from '../property/everything.ts'
import { encoded } from './encoded.ts'

test('text is kept unchanged: spaces, NUL, composed and decomposed accents, characters of any plane', () => {
  for (const value of UGLY_TEXTS) {
    expect(encoded(varchar(40), value)).toBe(value)
    expect(encoded(text, value)).toBe(value)
  }
})

test('lengths count characters, not UTF-16 units', () => {
  expect(encoded(varchar(3), '😀😀😀')).toBe('😀😀😀')
  expect(encoded(varchar(3), '😀😀😀😀')).toBe('!is longer than 3 characters')
  expect(encoded(char(2), '😀a')).toBe('😀a')
  expect(encoded(char(2), '😀')).toBe('!is not 2 characters long')
})

test.each(['\ud83d', 'a\ude00b', '\ude00\ud83d'])('half of a surrogate pair is refused: %j', (value) => {
  for (const type of [varchar(9), text])
    expect(encoded(type, value)).toBe('!contains half of a surrogate pair, which UTF-8 cannot encode')
})

test.each([7, true, null, ['a'], { a: 1 }, new Date(0)])('a text column refuses %j', (value) => {
  expect(encoded(varchar(9), value)).toBe('!is not a string')
})

test('a text column refuses 16 MiB or more of UTF-8', () => {
  expect(encoded(text, 'é'.repeat(2 ** 23))).toBe('!is 16 MiB or more')
  expect(encoded(text, 'a'.repeat(2 ** 24 - 1))).toHaveLength(2 ** 24 - 1)
})

test('an enum takes exactly its words', () => {
  const type = enumeration(['open', 'Open', 'ab '])
  expect(type.sql).toBe('VARCHAR(4)')
  expect(['open', 'Open', 'ab '].map((word) => encoded(type, word))).toEqual(['open', 'Open', 'ab '])
  for (const value of ['OPEN', 'ab', '', 0]) expect(encoded(type, value)).toBe('!is not one of open, Open, ab ')
})

test('an ObjectId becomes its digits in lower case, from an object or a string', () => {
  const id = new ObjectId('65a1b2c3d4e5f60718293a4b')
  expect(encoded(objectId, id)).toBe('65a1b2c3d4e5f60718293a4b')
  expect(encoded(objectId, '65A1B2C3D4E5F60718293A4B')).toBe('65a1b2c3d4e5f60718293a4b')
  for (const value of ['', '65a1', 'g'.repeat(24), `${id.toHexString()}\n`, 7, new UUID()]) {
    expect(encoded(objectId, value)).toBe('!is neither an ObjectId nor its 24 hexadecimal digits')
  }
})

test('a UUID becomes the same text from a UUID, a Binary of subtype 4, bytes or a string', () => {
  const written = '6F9619FF-8B86-4011-B42D-00CF4FC964FF'
  const bytes = new UUID(written).buffer
  const forms = [written, written.toLowerCase(), new UUID(written), new Binary(bytes, 4), bytes]
  expect(new Set(forms.map((form) => encoded(uuid, form)))).toEqual(new Set([written.toLowerCase()]))
  for (const value of [
    new Binary(bytes, 0),
    new Binary(bytes, 3),
    bytes.subarray(1),
    written.slice(1),
    `{${written}}`,
    7,
  ]) {
    expect(encoded(uuid, value)).toMatch(/^!is not a UUID/)
  }
})

test('a binary column takes a Buffer, or the used part of a Binary', () => {
  const growing = new Binary()
  growing.put(7)
  expect(Buffer.from(encoded(binary(4), growing) as Uint8Array)).toEqual(Buffer.of(7))
  expect(Buffer.from(encoded(binary(4), Buffer.of(1, 0)) as Uint8Array)).toEqual(Buffer.of(1, 0))
  expect(encoded(binary(4), new Uint8Array(5))).toBe('!is longer than 4 bytes')
  for (const value of ['abc', [1, 2], new ArrayBuffer(2)])
    expect(encoded(binary(4), value)).toMatch(/^!is neither a Buffer/)
})

test('JSON has one form for any order of its keys, including keys such as __proto__', () => {
  const hostile = JSON.parse('{"b":1,"a":{"__proto__":{"x":1},"constructor":2},"10":0,"9":0}') as unknown
  expect(encoded(json, hostile)).toBe('{"9":0,"10":0,"a":{"__proto__":{"x":1},"constructor":2},"b":1}')
  expect(encoded(json, { b: undefined, a: [null, -0, '\ud83d'] })).toBe(String.raw`{"a":[null,0,"\ud83d"]}`)
  expect(({} as { x?: number }).x).toBeUndefined()
})

test('any order of JSON keys leads to the same text', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed())
      expect(encoded(json, turned)).toBe(encoded(json, value))
      expect(JSON.parse(encoded(json, value) as string)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.each([Number.NaN, Infinity, 1n, Long.ONE, new ObjectId(), new Uint8Array(1), () => 1, Symbol('s'), undefined])(
  'JSON refuses %s rather than change it',
  (value) => {
    expect(encoded(json, [value])).toMatch(
      /^!contains a (number that is not finite|value that JSON cannot represent exactly)/,
    )
  },
)

class Money {
  readonly cents = 7
  toJSON(): string {
    return '0.07'
  }
}
test.each<[string, unknown]>([
  ['Map', new Map([['a', 1]])],
  ['Set', new Set([1])],
  ['Number', Object(7)],
  ['String', Object('a')],
  ['Boolean', Object(true)],
  ['RegExp', /a/],
  ['Error', new Error('a')],
  ['Money', new Money()],
  ['URL', new URL('http://a')],
  ['Object', Object.create({ inherited: 1 })],
  ['function', { toJSON: () => 1 }],
  ['undefined', Array(1)],
  ['Promise', Promise.resolve(1)],
])('JSON refuses a %s, of which JSON.stringify would lose a part', (name, value) => {
  for (const given of [value, [value], { a: { b: value } }]) {
    expect(encoded(json, given)).toBe(
      `!contains a value that JSON cannot represent exactly (${name}); convert it to a string, or to plain objects and arrays`,
    )
  }
})

test('JSON takes plain objects of any realm, and dates that are valid', () => {
  const foreign = runInNewContext('({ b: [1, { c: null }], a: "x" })') as unknown
  expect(encoded(json, foreign)).toBe('{"a":"x","b":[1,{"c":null}]}')
  expect(encoded(json, Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  expect(encoded(json, { at: new Date(7) })).toBe('{"at":"1970-01-01T00:00:00.007Z"}')
  expect(encoded(json, { at: new Date(Number.NaN) })).toBe('!contains an invalid Date')
})

test('JSON nested without end is refused', () => {
  const round: unknown[] = []
  round.push(round)
  expect(encoded(json, round)).toBe('!is nested more than 100 levels deep')
})

test('text is ordered like its UTF-8 bytes, also beyond the first plane', () => {
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...UGLY_TEXTS),
    fc.stringMatching(/^[\uE000-\uFFFF😀a]{0,4}$/u),
  )
  fc.assert(
    fc.property(any, any, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 2000 },
  )
  expect(compareText('\uff5e', '😀')).toBeLessThan(0)
  expect(['😀', '\uff5e'].toSorted()).toEqual(['😀', '\uff5e'])
})
