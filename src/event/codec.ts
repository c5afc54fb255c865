import { deserialize, serialize } from 'bson'

/**
 * Decodes the BSON bytes of an event, always with the same options. A live event is serialised as the driver would have stored
 * it, and a migrated one is read raw; both go through this function, so a mapping sees no difference between them.
 *
 * 64-bit integers become numbers up to 2^53 and `Long` beyond. Throws what the BSON library throws for bytes that are not BSON.
 */
export function decodeEvent(bytes: Uint8Array): Record<string, unknown> {
  return deserialize(bytes, DECODE)
}

const DECODE = Object.freeze({
  promoteLongs: true,
  promoteValues: true,
  promoteBuffers: false,
  useBigInt64: false,
  allowObjectSmallerThanBufferSize: false,
  validation: { utf8: true },
})

/** The BSON bytes of an event. `ignoreUndefined` is the setting of the client that stores it. Throws on values that BSON cannot hold. */
export function encodeEvent(event: object, ignoreUndefined = false): Uint8Array {
  return serialize(event, { ignoreUndefined })
}

const MIN_DOCUMENT_BYTES = 5

/**
 * Splits concatenated BSON documents, each of which begins with its length. Returns undefined if the bytes are anything else, or
 * more documents than `most`.
 */
export function splitDocuments(run: Uint8Array, most: number = Number.POSITIVE_INFINITY): Uint8Array[] | undefined {
  const documents: Uint8Array[] = []
  const view = new DataView(run.buffer, run.byteOffset, run.byteLength)
  for (let at = 0; at < run.length;) {
    const length = at + MIN_DOCUMENT_BYTES <= run.length ? view.getInt32(at, true) : 0
    if (length < MIN_DOCUMENT_BYTES || at + length > run.length || documents.length === most) return undefined
    documents.push(run.subarray(at, at + length))
    at += length
  }
  return documents
}
