import { randomUUID } from 'node:crypto'
import type { Collection, Document, MongoClient, Timestamp } from 'mongodb'
import { codeOf } from '../core/index.ts'
import { isTimestamp } from './change-stream.ts'
import type { Namespace } from './tap.ts'

/** A place in a change stream that a reader can come back to. */
export interface StreamPosition {
  /** The resume token: exact, and gone when the server has forgotten it. Undefined before the first event. */
  readonly token: Document | undefined
  /** The server's time of it, or an earlier one: what is left when the token is refused. */
  readonly clusterTime: Timestamp | undefined
  /** The time that the last document before it says: where a window of what was missed begins. */
  readonly at: Date | undefined
}

/** @defaultValue of {@link ChangeStreamTapOptions.positions} */
export const DEFAULT_POSITION_COLLECTION = 'changeover_position'

/** The document of one position: what the stream was called, where it is, and who wrote so. No event's content, no address. */
interface StoredPosition extends Document {
  readonly _id: string
  readonly token?: Document | null
  readonly clusterTime?: unknown
  readonly at?: unknown
  readonly savedAt?: Date
  readonly instance?: string
  readonly sequence?: number
}

/** How long the server may take to have a position on a majority of its members, in milliseconds. */
const MAJORITY_MS = 5000

/**
 * One position in a collection beside the events. Several processes may share it: whichever wrote last is where the next one
 * begins, and each has settled what is before its own, so that at worst some events are seen twice.
 */
export class PositionStore {
  readonly #collection: Collection<StoredPosition>
  readonly #key: string
  readonly #instance = randomUUID()
  #sequence = 0

  constructor(client: MongoClient, namespace: Namespace, key: string, collection: string) {
    this.#collection = client.db(namespace.database).collection<StoredPosition>(collection, {
      readPreference: 'primary',
      // A position that a failover takes back would be older: harmless, but for the first one.
      writeConcern: { w: 'majority', wtimeoutMS: MAJORITY_MS },
      raw: false,
      ignoreUndefined: false,
    })
    this.#key = key
  }

  /** The stored position, in so far as it can be read; undefined when there is none. */
  async load(): Promise<StreamPosition | undefined> {
    const options = { promoteValues: true, promoteLongs: true, promoteBuffers: false }
    const stored = await this.#collection.findOne({ _id: this.#key }, options)
    if (stored === null) return undefined
    return {
      // What is no document at all is left for the server to refuse.
      token: stored.token ?? undefined,
      clusterTime: isTimestamp(stored.clusterTime) ? stored.clusterTime : undefined,
      at: stored.at instanceof Date ? stored.at : undefined,
    }
  }

  /** Stores the first position, unless another process has done so; gives the one that is stored now. */
  async begin(position: StreamPosition): Promise<StreamPosition> {
    const first = { $setOnInsert: this.#document(position) }
    await this.#collection.updateOne({ _id: this.#key }, first, { upsert: true }).catch(unlessStale)
    return (await this.load()) ?? position
  }

  /**
   * Stores a position. One that comes late to the server, after a newer one of this instance, changes nothing: a write that
   * was given up on may still be under way.
   */
  async save(position: StreamPosition): Promise<void> {
    const document = this.#document(position)
    const older = [{ instance: { $ne: this.#instance } }, { sequence: { $lt: document.sequence } }]
    await this.#collection
      .updateOne({ _id: this.#key, $or: older }, { $set: document }, { upsert: true })
      .catch(unlessStale)
  }

  #document({ token, clusterTime, at }: StreamPosition) {
    this.#sequence++
    return {
      token: token ?? null,
      clusterTime: clusterTime ?? null,
      at: at ?? null,
      savedAt: new Date(),
      instance: this.#instance,
      sequence: this.#sequence,
    }
  }
}

/** The filter did not match, so the upsert tried to insert what is there. */
function unlessStale(thrown: unknown): void {
  if (codeOf(thrown) !== 11000) throw thrown
}
