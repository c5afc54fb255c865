import { deserialize } from 'bson'
import { decodeEvent } from './codec.ts'
import { bufferOf, elementAt, idElement, TYPE, type Element } from './elements.ts'
import { eventKey } from './key.ts'
import { eventKeyOf } from './key-of-bytes.ts'

/**
 * The `_id` of an event, given as BSON: a value that MongoDB takes for the same id when a query holds it. Nothing else of the event
 * is decoded. Undefined when there is no such value: without an `_id`, or when it has text that is not UTF-8.
 */
export function idOf(event: Uint8Array): unknown {
  const key = eventKeyOf(event)
  if (key === undefined) return undefined
  const bytes = bufferOf(event)
  const id = idElement(bytes)!
  for (const decode of [decodePlainly, decodeExactly]) {
    try {
      const value = decode(bytes, id)
      if (Buffer.compare(eventKey(value), key) === 0) return value
    } catch {
      // The next one may be able to; if not, no value of JS is this id.
    }
  }
  return undefined
}

/** As everything else is decoded: the values that users know. */
function decodePlainly(bytes: Buffer, id: Element): unknown {
  return decodeEvent(documentWith(bytes, id))['_id']
}

/** Without the conversions that lose something: names that JS would sort, types that it has no value for. */
function decodeExactly(bytes: Buffer, element: Element, depth = 0): unknown {
  const { type, start, end } = element
  if (type !== TYPE.document && type !== TYPE.array) {
    return deserialize(documentWith(bytes, element), EXACT)['_id']
  }
  if (depth > MAX_DEPTH) throw new TypeError('an id is nested too deeply')
  const parts = new Map<string, unknown>()
  const limit = end - 1
  for (let at = start + 4; at < limit;) {
    const part = elementAt(bytes, at, limit)
    parts.set(type === TYPE.array ? String(parts.size) : part.name.toString(), decodeExactly(bytes, part, depth + 1))
    at = part.end
  }
  return type === TYPE.array ? [...parts.values()] : parts
}

const MAX_DEPTH = 250

const EXACT = Object.freeze({ promoteValues: false, bsonRegExp: true, validation: { utf8: true } })

/** A document that has this value as its `_id`, and nothing else. */
function documentWith(bytes: Buffer, { type, start, end }: Element): Uint8Array {
  const value = bytes.subarray(start, end)
  const document = Buffer.alloc(4 + 5 + value.length + 1)
  document.writeInt32LE(document.length, 0)
  document[4] = type
  document.write('_id\0', 5)
  value.copy(document, 9)
  return document
}
