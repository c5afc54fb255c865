import { Timestamp } from 'bson'
import type { ChangeStream, ChangeStreamOptions, Document, MongoClient } from 'mongodb'
import { bsonType } from '../event/index.ts'
import type { Namespace } from './tap.ts'

/** Where a change stream is to begin: after what a token stands for, or with the first change at a time. */
export type StreamStart =
  | { readonly by: 'token'; readonly token: Document }
  | { readonly by: 'time'; readonly clusterTime: Timestamp }

/** One change as the pipeline below gives it. */
export interface Change {
  readonly _id: Document
  readonly operationType: string
  readonly clusterTime?: Timestamp
  /** The inserted document, as the bytes in which it is stored; null for anything but an insert. */
  readonly document?: readonly [Uint8Array | null]
  readonly splitEvent?: { readonly fragment: number; readonly of: number }
}

/** How long the server waits for a change before it says that there is none, in milliseconds. */
export const AWAIT_MS = 1000

/** What ends a stream is asked for too: the stream would just be over, and nobody would know why. */
const SEEN = ['insert', 'drop', 'rename', 'dropDatabase', 'invalidate']

/** Opens the stream of the inserts into a collection. Nothing is sent before the first `tryNext()`. */
export function openChangeStream(
  client: MongoClient,
  { database, collection }: Namespace,
  start: StreamStart,
  canSplit: boolean,
): ChangeStream<Document, Change & Document> {
  const pipeline: Document[] = [
    { $match: { operationType: { $in: SEEN } } },
    // In an array, because an array is what the driver can leave unread (`fieldsAsRaw`): so the stored bytes arrive as they are.
    // And no more than this, since a change that is larger than 16 MB has no place in a reply.
    { $project: { operationType: 1, clusterTime: 1, document: ['$fullDocument'] } },
    ...(canSplit ? [{ $changeStreamSplitLargeEvent: {} }] : []),
  ]
  const from: ChangeStreamOptions =
    start.by === 'time'
      ? { startAtOperationTime: start.clusterTime }
      : // Not resumeAfter: it refuses the token with which the stream of a dropped collection ends.
        { startAfter: start.token }
  return client
    .db(database)
    .collection(collection)
    .watch<Document, Change & Document>(pipeline, {
      ...from,
      maxAwaitTimeMS: AWAIT_MS,
      readConcern: { level: 'majority' },
      // Whatever the host has told its client about BSON.
      fieldsAsRaw: { document: true },
      raw: false,
      promoteValues: true,
      promoteLongs: true,
      promoteBuffers: false,
      useBigInt64: false,
    })
}

/**
 * Changes when the driver has resumed the stream by itself, which drivers before 7 may do from a place of long ago. Not public:
 * where it is not there, some events are seen again.
 */
export function cursorOf(stream: object): unknown {
  return Reflect.get(stream, 'cursor')
}

/** Puts the fragments of a large change together. */
export class FragmentJoiner {
  #joined: Change | undefined
  #count = 0

  /** Whether fragments are still to come. */
  get isPartial(): boolean {
    return this.#joined !== undefined
  }

  /** The whole change; undefined while some of it is to come. Throws when a part is missing. */
  join(change: Change): Change | undefined {
    if (change.splitEvent === undefined) return change
    const { fragment, of } = change.splitEvent
    if (fragment !== this.#count + 1) throw new Error(`part ${fragment} of a large change came after ${this.#count}`)
    // The token of the last fragment is the one of the whole.
    const joined = { ...this.#joined, ...change }
    this.#joined = fragment < of ? joined : undefined
    this.#count = fragment < of ? fragment : 0
    return fragment < of ? undefined : joined
  }
}

/**
 * The time that a resume token holds: MongoDB's begin with it, as the key string of a timestamp. Undefined for those of other
 * servers.
 */
export function timeOfToken(token: Document | undefined): Timestamp | undefined {
  const match = /^82([0-9a-f]{8})([0-9a-f]{8})/i.exec(String(token?.['_data']))
  if (!match) return undefined
  return new Timestamp({ t: Number.parseInt(match[1]!, 16), i: Number.parseInt(match[2]!, 16) })
}

/** The moment after the server's newest operation; undefined for a server that has no oplog. */
export async function serverTime(client: MongoClient, { database }: Namespace): Promise<Timestamp | undefined> {
  const options = { readPreference: 'primary', promoteValues: true, promoteLongs: true, raw: false } as const
  const { operationTime } = await client.db(database).command({ ping: 1 }, options)
  if (!isTimestamp(operationTime)) return undefined
  return new Timestamp({ t: operationTime.t, i: operationTime.i + 1 })
}

/**
 * Whether the server still has all changes since a time. MongoDB refuses to start before its oldest; others start late and do
 * not say so. Undefined when it cannot be known: no right to read the oplog, or a sharded cluster.
 */
export async function remembers(client: MongoClient, clusterTime: Timestamp): Promise<boolean | undefined> {
  try {
    const oplog = client.db('local').collection('oplog.rs', { readPreference: 'primary', raw: false })
    const options = { projection: { ts: 1 }, sort: { $natural: 1 as const }, maxTimeMS: 2000, promoteValues: true }
    const oldest = await oplog.findOne({}, options)
    const ts: unknown = oldest?.['ts']
    return isTimestamp(ts) ? ts.lte(clusterTime) : undefined
  } catch {
    return undefined
  }
}

/** The second in which a server's time lies, or the one after it. */
export function secondOf(clusterTime: Timestamp | undefined, after = 0): Date | undefined {
  return clusterTime && new Date((clusterTime.t + after) * 1000)
}

/** By its mark, not by its class: the driver's is of another copy of the library. */
export function isTimestamp(value: unknown): value is Timestamp {
  return bsonType(value) === 'Timestamp'
}
