import { deserialize } from 'bson'

/** Where a document that was read from the database keeps the bytes it was read from; BSON does not see it. */
const STORED: unique symbol = Symbol('stored bytes')

/**
 * A stored document as an object that keeps its types: serialised again, an int stays an int, a double a double and a Long a
 * Long. What JavaScript's objects cannot keep is the place of keys such as `'10'`, which they put first; {@link storedBytes}
 * is exact for those too. Throws what the BSON library throws for bytes that are not BSON.
 */
export function storedDocument(bytes: Uint8Array): Record<string, unknown> {
  const document: Record<string, unknown> = deserialize(bytes, TYPED)
  return Object.defineProperty(document, STORED, { value: bytes })
}

/**
 * The very bytes that a document was read from, in memory of their own; undefined for one that was not read from the database.
 * Only for those who have not changed the document.
 */
export function storedBytes(document: object): Uint8Array | undefined {
  const bytes: unknown = Reflect.get(document, STORED)
  // What the driver gives is a view into the whole answer, up to 16 MB of it, which would stay in memory for one event.
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : undefined
}

const TYPED = Object.freeze({
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
  validation: { utf8: false },
})
