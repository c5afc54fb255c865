import { Decimal128, serialize } from 'bson'
import fc from 'fast-check'

/** A value that BSON can hold, written by hand, so that it may be one that no library writes. */
export interface Value {
  readonly type: number
  readonly bytes: Buffer
  /** Equal exactly where MongoDB takes two values for the same. */
  readonly same: string
  /** Whether a JS value exists that is this one in a query. */
  readonly hasJsValue: boolean
}

/** A document with these fields, written by hand. */
export function documentOf(fields: readonly (readonly [string | Buffer, Pick<Value, 'type' | 'bytes'>])[]): Buffer {
  const parts = fields.flatMap(([name, { type, bytes }]) => [Buffer.of(type), Buffer.from(name), Buffer.of(0), bytes])
  const body = Buffer.concat([...parts, Buffer.of(0)])
  return Buffer.concat([int32(body.length + 4), body])
}

export const event = (id: Pick<Value, 'type' | 'bytes'>): Buffer =>
  documentOf([
    ['type', text('moved')],
    ['_id', id],
    ['broken', { type: 0x02, bytes: stringBytes(Buffer.of(0xff)) }],
  ])

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function stringBytes(content: Buffer): Buffer {
  return Buffer.concat([int32(content.length + 1), content, Buffer.of(0)])
}

const value = (type: number, bytes: Buffer, same: string, hasJsValue = true): Value => ({
  type,
  bytes,
  same,
  hasJsValue,
})

export const text = (content: string | Buffer, type = 0x02): Value => {
  const bytes = Buffer.from(content)
  const isText = Buffer.compare(Buffer.from(bytes.toString()), bytes) === 0
  return value(type, stringBytes(bytes), `text ${bytes.toString('hex')}`, isText)
}

/** The value of a number as a fraction in lowest terms, worked out apart from the code under test. */
function rational(numerator: bigint, denominator: bigint): string {
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b))
  const by = gcd(numerator, denominator)
  return `number ${numerator / by}/${denominator / by}`
}

const double = (number: number): Value => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(number)
  if (!Number.isFinite(number)) return value(0x01, bytes, `number ${number}`)
  let [whole, denominator] = [number, 1n]
  for (; !Number.isInteger(whole); denominator *= 2n) whole *= 2
  return value(0x01, bytes, rational(BigInt(whole), denominator))
}
const long = (number: bigint): Value => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(number)
  return value(0x12, bytes, rational(number, 1n))
}
const decimal = (digits: bigint, exponent: number): Value => {
  const [up, down] = exponent < 0 ? [1n, 10n ** BigInt(-exponent)] : [10n ** BigInt(exponent), 1n]
  const { bytes } = Decimal128.fromString(`${digits}E${exponent}`)
  return value(0x13, Buffer.from(bytes), rational(digits * up, down))
}
const serialized = (id: unknown, same: string): Value => {
  const bytes = Buffer.from(serialize({ _id: id }, { ignoreUndefined: false }))
  return value(bytes[4]!, bytes.subarray(9, -1), same)
}

const number: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map((n) => value(0x10, int32(n), rational(BigInt(n), 1n))),
  fc
    .constantFrom(0, -0, 7, 0.5, -0.25, 0.1, 2 ** 53, 2 ** 60, 2 ** 63, 1e22, 1e300, 5e-324, NaN, Infinity, -Infinity)
    .map(double),
  fc.double().map(double),
  fc
    .constantFrom(0n, 7n, -7n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 60n, 2n ** 60n + 1n, 2n ** 63n - 1n, -(2n ** 63n))
    .map(long),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(long),
  fc
    .constantFrom<[bigint, number]>(
      [0n, 5],
      [7n, 0],
      [70n, -1],
      [5n, -1],
      [50n, -2],
      [-25n, -2],
      [1n, -1],
      [10n, -2],
      [2n ** 60n, 0],
      [2n ** 63n, 0],
      [9_223_372_036_854_775_807n, 0],
      [1n, 22],
      [10n, 21],
      [1n, 400],
      [1n, -400],
    )
    .map(([digits, exponent]) => decimal(digits, exponent)),
  fc.tuple(fc.bigInt({ min: -999n, max: 999n }), fc.integer({ min: -40, max: 40 })).map(([d, e]) => decimal(d, e)),
  fc.constantFrom('NaN', 'Infinity', '-Infinity').map((name) => ({
    ...decimal(0n, 0),
    bytes: Buffer.from(Decimal128.fromString(name).bytes),
    same: `number ${name}`,
  })),
)

const date = (at: bigint): Value => {
  const { bytes } = long(at)
  return value(0x09, bytes, `date ${at}`, at > -8_640_000_000_000_001n && at < 8_640_000_000_000_001n)
}

const content = fc.constantFrom('', 'a', 'b', 'a\0', 'ä', '7', 'a/b')
const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: number },
  fc.oneof(content, fc.string({ unit: 'binary', maxLength: 40 })).map((of) => text(of)),
  content.map((of) => text(of, 0x0e)),
  fc.constantFrom(Buffer.of(0xff), Buffer.of(0xc0), Buffer.from('a\xff', 'latin1')).map((of) => text(of)),
  fc.constantFrom(0n, 7n, -1n, 2n ** 62n, 2n ** 62n + 1n).map(date),
  fc.boolean().map((is) => value(0x08, Buffer.of(Number(is)), `boolean ${is}`)),
  fc.constant(value(0x0a, Buffer.of(), 'null')),
  fc.constant(value(0xff, Buffer.of(), 'min key')),
  fc.constant(value(0x7f, Buffer.of(), 'max key')),
  fc.constantFrom(0n, 7n, 2n ** 63n - 1n).map((at) => value(0x11, long(at).bytes, `timestamp ${at}`)),
  fc
    .constantFrom('000000000000000000000007', '000000000000000000000008')
    .map((id) => value(0x07, Buffer.from(id, 'hex'), `id ${id}`)),
  fc.tuple(fc.constantFrom(0, 2, 3, 4, 0x80), fc.uint8Array({ maxLength: 3 })).map(([subtype, of]) => {
    const bytes = subtype === 2 ? Buffer.concat([int32(of.length), of]) : Buffer.from(of)
    const same = `binary ${subtype} ${bytes.toString('hex')}`
    return value(0x05, Buffer.concat([int32(bytes.length), Buffer.of(subtype), bytes]), same)
  }),
  fc.constantFrom('f', 'g').map((code) => ({ ...text(code, 0x0d), same: `code ${code}` })),
)

/** Types that an id may have only within a compound one. */
const inner: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc
    .tuple(fc.constantFrom('a', 'a/b', '(?i)a', '['), fc.constantFrom('', 'i', 'x', 'im', 'ix'))
    .map(([of, options]) => value(0x0b, Buffer.from(`${of}\0${options}\0`), `regex ${of} ${options}`)),
  fc.constant(value(0x06, Buffer.of(), 'undefined', false)),
  fc.constant({
    ...serialized(Buffer.of(1), ''),
    type: 0x0c,
    bytes: Buffer.concat([stringBytes(Buffer.from('c')), Buffer.alloc(12, 7)]),
    same: 'pointer',
    hasJsValue: false,
  }),
)

const name = fc.constantFrom('a', 'b', '1', '2', '', '$id', '$ref', '__proto__')

const compound = (parts: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    fc.array(fc.tuple(name, parts), { maxLength: 3 }).map((fields) => {
      const same = `{${fields.map(([field, of]) => `${field}: ${of.same}`).join(', ')}}`
      const isUnique = new Set(fields.map(([field]) => field)).size === fields.length
      return value(0x03, documentOf(fields), same, isUnique && fields.every(([, of]) => of.hasJsValue))
    }),
    fc.tuple(fc.array(parts, { maxLength: 2 }), fc.boolean()).map(([of, isNamedOddly]) => {
      // The names in an array are anything; MongoDB goes by the places.
      const bytes = documentOf(of.map((part, i) => [isNamedOddly ? 'x' : String(i), part]))
      return value(
        0x04,
        bytes,
        `[${of.map(({ same }) => same).join(', ')}]`,
        of.every((part) => part.hasJsValue),
      )
    }),
    fc.tuple(fc.constantFrom('f', 'g'), parts).map(([code, part]) => {
      const scope = documentOf([['s', part]])
      const bytes = Buffer.concat([stringBytes(Buffer.from(code)), scope])
      const same = `code ${code} with ${part.same}`
      return value(0x0f, Buffer.concat([int32(bytes.length + 4), bytes]), same, false)
    }),
  )

/** Ids of all types that MongoDB can hold, many of them equal to others or nearly so. */
export const ids: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 3, arbitrary: compound(inner) },
  compound(compound(inner)).filter(({ type }) => type !== 0x04),
)
