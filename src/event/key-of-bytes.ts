import { Decimal128 } from 'bson'
import { bufferOf, documentEnd, elementAt, idElement, textAt, textEnd, TYPE, type Element } from './elements.ts'
import { KeyWriter } from './key-writer.ts'

/**
 * The key of an event, given as BSON: distinct ids give distinct keys, and ids give the same key exactly where MongoDB takes them
 * for the same (7, 7.0, a Long and a Decimal128 of 7). Only the `_id` is read, so an event that cannot be decoded has a key as well.
 *
 * Undefined when there is no `_id`, or the bytes up to its end are not BSON. An id of more than 33 bytes is hashed (SHA-256).
 */
export function eventKeyOf(event: Uint8Array): Uint8Array | undefined {
  try {
    const bytes = bufferOf(event)
    const id = idElement(bytes)
    return id === undefined || id.type === TYPE.undefined ? undefined : keyOfElement(bytes, id)
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined
    throw thrown
  }
}

/** A document or array that is being read. */
interface Open {
  readonly limit: number
  readonly isArray: boolean
  /** How many of its elements were read. */
  count: number
  /** Where its next element begins. */
  at: number
}

// A loop, not a recursion: an id may be nested as deeply as its bytes allow.
function keyOfElement(bytes: Buffer, id: Element): Uint8Array {
  const writer = new KeyWriter()
  const open: Open[] = []
  const begun = (element: Element): boolean => {
    const inner = writeElement(writer, bytes, element)
    if (inner !== undefined) open.push(inner)
    return inner !== undefined
  }
  begun(id)
  for (let last = open.at(-1); last; last = open.at(-1)) {
    if (last.at < last.limit) {
      const element = elementAt(bytes, last.at, last.limit)
      last.at = element.end
      // MongoDB goes by the places in an array, and not by the names that BSON has for them.
      writer.part(last.isArray ? Buffer.from(String(last.count++)) : element.name)
      writer.begin()
      if (!begun(element)) writer.end()
    } else {
      open.pop()
      if (open.length > 0) writer.end()
    }
  }
  return writer.key()
}

/** Writes a value; of a document or an array only its beginning, and gives what is to be read of it. */
function writeElement(writer: KeyWriter, bytes: Buffer, { type, start, end }: Element): Open | undefined {
  switch (type) {
    case TYPE.double:
      writer.number(bytes.readDoubleLE(start))
      break
    case TYPE.int32:
      writer.integer(BigInt(bytes.readInt32LE(start)))
      break
    case TYPE.int64:
      writer.integer(bytes.readBigInt64LE(start))
      break
    case TYPE.decimal128:
      writer.decimal(new Decimal128(Uint8Array.from(bytes.subarray(start, end))).toString())
      break
    case TYPE.objectId:
      writer.objectId(bytes.subarray(start, end))
      break
    case TYPE.boolean:
      writer.boolean(bytes[start] !== 0)
      break
    case TYPE.date:
      writer.date(bytes.readBigInt64LE(start))
      break
    case TYPE.timestamp:
      writer.timestamp(String(bytes.readBigUInt64LE(start)))
      break
    case TYPE.minKey:
      writer.named('MinKey')
      break
    case TYPE.maxKey:
      writer.named('MaxKey')
      break
    case TYPE.symbol:
      // MongoDB compares symbols with strings as if they were strings.
      writer.bytes(TYPE.string, textAt(bytes, start))
      break
    case TYPE.string:
    case TYPE.code:
      writer.bytes(type, textAt(bytes, start))
      break
    case TYPE.binary:
      writeBinary(writer, bytes[start + 4]!, bytes.subarray(start + 5, end))
      break
    case TYPE.regex: {
      const pattern = textEnd(bytes, start, end)
      writer.regex(bytes.subarray(start, pattern), bytes.subarray(pattern + 1, end - 1))
      break
    }
    case TYPE.document:
    case TYPE.array:
      writer.bytes(type)
      return { at: start + 4, limit: end - 1, isArray: type === TYPE.array, count: 0 }
    case TYPE.codeWithScope: {
      // Its length, a code, and a document.
      const code = codeAt(bytes, start + 4, end)
      const scope = start + 8 + code.length + 1
      if (documentEnd(bytes, scope, end) !== end) throw new TypeError('the bytes are not BSON')
      writer.bytes(type)
      writer.part(code)
      writer.bytes(TYPE.document)
      return { at: scope + 4, limit: end - 1, isArray: false, count: 0 }
    }
    default:
      // Null, undefined and DBPointer: by their bytes.
      writer.bytes(type, bytes.subarray(start, end))
  }
  return undefined
}

/** The text at `start`, checked: the code of a code with a scope. */
function codeAt(bytes: Buffer, start: number, limit: number): Buffer {
  const length = bytes.readInt32LE(start)
  if (length < 1 || start + 4 + length > limit) throw new TypeError('the bytes are not BSON')
  return textAt(bytes, start)
}

/** Writes a Binary. Those of the old subtype 2 repeat their length, which is not part of the value unless it is wrong. */
function writeBinary(writer: KeyWriter, subtype: number, value: Buffer): void {
  const repeats = subtype === OLD_BINARY && value.length >= 4 && value.readInt32LE(0) === value.length - 4
  if (subtype === OLD_BINARY && !repeats) writer.named('Binary', { bytes: value.toString('hex') })
  else writer.bytes(TYPE.binary, Buffer.of(subtype), repeats ? value.subarray(4) : value)
}

const OLD_BINARY = 2
