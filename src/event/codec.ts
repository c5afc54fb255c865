import { deserialize, serialize } from 'bson'

/**
 * An event as everything in the package sees it: what one fixed set of options makes of its BSON bytes. A live event is
 * serialised as the driver would have stored it; a migrated one is read raw; so both go through this one function, and
 * a mapping cannot see a difference between them.
 *
 * Integers of 64 bits come as numbers while they are safe (2^53) and as `Long` beyond. Throws what the BSON library throws
 * for bytes that are not BSON.
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

/** An event's BSON bytes. `ignoreUndefined` as the client that stores it has it. Throws on what BSON cannot hold. */
export function encodeEvent(event: object, ignoreUndefined = false): Uint8Array {
  return serialize(event, { ignoreUndefined })
}

/**
 * Splits a run of BSON documents: each begins with its length in bytes. Returns undefined when the run is not exactly a run
 * of documents.
 */
export function splitDocuments(run: Uint8Array): Uint8Array[] | undefined {
  const documents: Uint8Array[] = []
  const view = new DataView(run.buffer, run.byteOffset, run.byteLength)
  for (let at = 0; at < run.length;) {
    const length = at + SMALLEST <= run.length ? view.getInt32(at, true) : 0
    if (length < SMALLEST || at + length > run.length) return undefined
    documents.push(run.subarray(at, at + length))
    at += length
  }
  return documents
}

const SMALLEST = 5
