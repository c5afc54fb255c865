import { TYPE } from './elements.ts'
import { KeyWriter } from './key-writer.ts'
import {
  bsonType,
  bytesOf,
  type BinaryLike,
  type Decimal128Like,
  type LongLike,
  type ObjectIdLike,
  type WrappedNumber,
} from './values.ts'

/**
 * The key of an event whose `_id` was decoded: the same as {@link eventKeyOf} reads from its bytes, unless decoding has lost a part
 * of it. Throws a TypeError for an id that no event can have.
 */
export function eventKey(id: unknown): Uint8Array {
  const writer = new KeyWriter()
  if (id === undefined) throw cannotBe('undefined')
  writeValue(writer, id, 0)
  return writer.key()
}

/** MongoDB nests documents at most 200 deep. */
const MAX_DEPTH = 250

function writeValue(writer: KeyWriter, value: unknown, depth: number): void {
  if (typeof value === 'string') writer.bytes(TYPE.string, Buffer.from(value))
  else if (typeof value === 'number') writer.number(value)
  else if (typeof value === 'bigint') writer.integer(value)
  else if (typeof value === 'boolean') writer.boolean(value)
  else if (value === null) writer.bytes(TYPE.null)
  else if (value === undefined) writer.bytes(TYPE.undefined)
  else if (typeof value === 'object' && depth <= MAX_DEPTH) writeObject(writer, value, depth)
  else throw cannotBe(typeof value)
}

function writeObject(writer: KeyWriter, value: object, depth: number): void {
  const bytes = bytesOf(value)
  if (bytes !== undefined) writer.bytes(TYPE.binary, Buffer.of(subtypeOf(value)), bytes)
  else if (value instanceof Date) writer.date(value.getTime())
  else if (value instanceof RegExp) writeRegex(writer, value.source, optionsOf(value))
  else if (bsonType(value) !== undefined) writeBson(writer, value, depth)
  else if (Array.isArray(value)) writeParts(writer, TYPE.array, value.entries(), depth)
  else writeParts(writer, TYPE.document, value instanceof Map ? value : Object.entries(value), depth)
}

function writeBson(writer: KeyWriter, value: object, depth: number): void {
  const type = bsonType(value)
  switch (type) {
    case 'ObjectId':
      writer.objectId(Buffer.from((value as ObjectIdLike).toHexString(), 'hex'))
      break
    case 'Long':
      writer.integer((value as LongLike).toBigInt())
      break
    case 'Int32':
    case 'Double':
      writer.number((value as WrappedNumber).valueOf())
      break
    case 'Decimal128':
      writer.decimal(textOf(value))
      break
    case 'BSONSymbol':
      writer.bytes(TYPE.string, Buffer.from(textOf(value)))
      break
    case 'Timestamp':
      writer.timestamp(textOf(value))
      break
    case 'BSONRegExp': {
      const { pattern, options } = value as { readonly pattern: string; readonly options: string }
      writeRegex(writer, pattern, options)
      break
    }
    case 'Code': {
      const { code, scope } = value as { readonly code: unknown; readonly scope?: object | null }
      const text = Buffer.from(String(code))
      if (!scope) return writer.bytes(TYPE.code, text)
      writer.bytes(TYPE.codeWithScope)
      writer.part(text)
      writeValue(writer, scope, depth + 1)
      break
    }
    case 'DBRef': {
      const { collection, oid, db, fields } = value as DbRefLike
      // In the server it is a document like any other.
      const last = db === undefined || db === null ? {} : { $db: db }
      writeParts(writer, TYPE.document, Object.entries({ $ref: collection, $id: oid, ...last, ...fields }), depth)
      break
    }
    case 'MinKey':
    case 'MaxKey':
      writer.named(type)
      break
    default:
      throw cannotBe(String(type))
  }
}

/** The text of a BSON value whose class has a `toString` of its own. */
function textOf(value: object): string {
  return (value as Decimal128Like).toString()
}

interface DbRefLike {
  readonly collection: string
  readonly oid: unknown
  readonly db?: string | null
  readonly fields?: object
}

function writeParts(
  writer: KeyWriter,
  type: number,
  parts: Iterable<readonly [unknown, unknown]>,
  depth: number,
): void {
  writer.bytes(type)
  for (const [name, part] of parts) {
    writer.part(Buffer.from(String(name)))
    writer.begin()
    writeValue(writer, part, depth + 1)
    writer.end()
  }
}

function writeRegex(writer: KeyWriter, pattern: string, options: string): void {
  writer.regex(Buffer.from(pattern), Buffer.from(options))
}

/** The options that BSON libraries store for a RegExp of JS. */
function optionsOf({ ignoreCase, multiline, global }: RegExp): string {
  return `${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}${global ? 's' : ''}`
}

function subtypeOf(value: object): number {
  return value instanceof Uint8Array ? 0 : (value as BinaryLike).sub_type
}

function cannotBe(type: string): TypeError {
  return new TypeError(`an event's id cannot be of type ${type}`)
}
