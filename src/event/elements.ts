/** An element of a BSON document: its type, and where its name and its value are in the bytes. */
export interface Element {
  readonly type: number
  readonly name: Uint8Array
  /** Where the value begins. */
  readonly start: number
  /** Where the value ends, and the next element begins. */
  readonly end: number
}

type TypeName =
  | 'double'
  | 'string'
  | 'document'
  | 'array'
  | 'binary'
  | 'undefined'
  | 'objectId'
  | 'boolean'
  | 'date'
  | 'null'
  | 'regex'
  | 'dbPointer'
  | 'code'
  | 'symbol'
  | 'codeWithScope'
  | 'int32'
  | 'timestamp'
  | 'int64'
  | 'decimal128'
  | 'maxKey'
  | 'minKey'

/** The types of BSON elements that are read here; https://bsonspec.org/spec.html has all of them. */
export const TYPE: Readonly<Record<TypeName, number>> = Object.freeze({
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal128: 0x13,
  maxKey: 0x7f,
  minKey: 0xff,
})

/** The bytes of values that always have the same length. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [TYPE.double, 8],
  [TYPE.undefined, 0],
  [TYPE.objectId, 12],
  [TYPE.boolean, 1],
  [TYPE.date, 8],
  [TYPE.null, 0],
  [TYPE.int32, 4],
  [TYPE.timestamp, 8],
  [TYPE.int64, 8],
  [TYPE.decimal128, 16],
  [TYPE.maxKey, 0],
  [TYPE.minKey, 0],
])

/** The length of the document that begins at `start`. Throws a TypeError unless it ends with a zero byte by `limit`. */
export function documentEnd(bytes: Buffer, start: number, limit: number): number {
  const end = start + lengthAt(bytes, start, limit)
  if (end < start + 5 || end > limit || bytes[end - 1] !== 0) throw notBson()
  return end
}

/** The element that begins at `at`, in a document whose last element ends by `limit`. Throws a TypeError when the bytes are no BSON. */
export function elementAt(bytes: Buffer, at: number, limit: number): Element {
  const type = bytes[at]!
  const nameEnd = textEnd(bytes, at + 1, limit)
  const start = nameEnd + 1
  const end = start + valueBytes(bytes, type, start, limit)
  if (end > limit) throw notBson()
  return { type, name: bytes.subarray(at + 1, nameEnd), start, end }
}

function valueBytes(bytes: Buffer, type: number, start: number, limit: number): number {
  const fixed = FIXED_BYTES.get(type)
  if (fixed !== undefined) return fixed
  switch (type) {
    case TYPE.string:
    case TYPE.code:
    case TYPE.symbol:
      return 4 + lengthAt(bytes, start, limit, 1)
    case TYPE.dbPointer:
      return 4 + lengthAt(bytes, start, limit, 1) + 12
    case TYPE.binary:
      return 5 + lengthAt(bytes, start, limit)
    case TYPE.document:
    case TYPE.array:
      return documentEnd(bytes, start, limit) - start
    case TYPE.codeWithScope:
      return lengthAt(bytes, start, limit, 14)
    case TYPE.regex:
      return textEnd(bytes, textEnd(bytes, start, limit) + 1, limit) + 1 - start
    default:
      throw notBson()
  }
}

function lengthAt(bytes: Buffer, at: number, limit: number, least = 0): number {
  const length = at + 4 <= limit ? bytes.readInt32LE(at) : -1
  if (length < least) throw notBson()
  return length
}

/** Where the text that begins at `start` has its final zero byte. */
export function textEnd(bytes: Buffer, start: number, limit: number): number {
  const end = bytes.indexOf(0, start)
  if (end === -1 || end >= limit) throw notBson()
  return end
}

/** The text, without its length and its final zero byte, of a value that begins with both. */
export function textAt(bytes: Buffer, start: number): Buffer {
  return bytes.subarray(start + 4, start + 3 + bytes.readInt32LE(start))
}

/** The element `_id` of a document, the first of that name; undefined when it has none. Throws a TypeError when the bytes are no BSON. */
export function idElement(bytes: Buffer): Element | undefined {
  if (documentEnd(bytes, 0, bytes.length) !== bytes.length) throw notBson()
  const limit = bytes.length - 1
  for (let at = 4; at < limit;) {
    const element = elementAt(bytes, at, limit)
    if (element.name.length === 3 && Buffer.compare(element.name, ID) === 0) return element
    at = element.end
  }
  return undefined
}

const ID = Buffer.from('_id')

/** The same bytes as a Buffer, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function notBson(): TypeError {
  return new TypeError('the bytes are not BSON')
}
