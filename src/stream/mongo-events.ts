import type { Collection, CollectionOptions, Db, Document, Filter, FindOptions } from 'mongodb'
import { ChangeoverError } from '../core/index.ts'
import { idOf } from '../event/index.ts'
import { compile, type CompiledMigration, type Migration, type Source, type TypeCount } from '../mapping/index.ts'
import { mongoErrors } from './mongo-errors.ts'
import { abortedBy, indexBounds, take, timeBounds, type BatchBounds, type Cursor } from './mongo-queries.ts'
import { boundaries, rangeCount, rangesBetween } from './ranges.ts'
import type { AskOptions, EventSource, Range, ReadOptions, TypesOptions } from './source.ts'
import { sumTypes } from './event-types.ts'

/** Options of {@link mongoEvents}. */
export interface MongoEventsOptions {
  /**
   * Whether to read from the primary, whatever read preference the client has. A secondary may lag behind what was written.
   *
   * @defaultValue false
   */
  readonly fromPrimary?: boolean
}

/** Smaller ranges are not worth a reader of their own. */
const MIN_EVENTS_PER_RANGE = 2000
/** How many ids are sampled per range to find about equal parts. */
const SAMPLES_PER_RANGE = 20
const IDS_PER_BATCH = 1000

// The application's client may decode in ways of its own.
const DECODING: CollectionOptions = { raw: false, promoteValues: true, promoteLongs: true, useBigInt64: false }

/** The database of a source. `mongo` is the one that the connection address names. */
export function databaseOf(source: Source, mongo: Db): Db {
  return source.database === undefined ? mongo : mongo.client.db(source.database)
}

/**
 * The events of a migration's collection in MongoDB. `mongo` is the database that the connection address names; the migration's source
 * may name another. Connects on the first use.
 *
 * The methods of the source reject with a ChangeoverError `CONFIG` when the collection does not exist, `DENIED` or `UNREACHABLE`.
 *
 * @example
 * import { mongoEvents } from 'changeover/migrate'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = await new MongoClient(process.env.MONGODB_URL!).connect()
 * const source = mongoEvents(client.db(), history)
 * console.log(`${source.name}: about ${await source.count()} events`)
 * await client.close()
 */
export function mongoEvents(mongo: Db, migration: Migration, options: MongoEventsOptions = {}): EventSource {
  return compiledMongoEvents(mongo, compile(migration), options)
}

/** The same for a migration that is compiled already. */
export function compiledMongoEvents(
  mongo: Db,
  { name, source, handledTypes, knownTypes }: CompiledMigration,
  options: MongoEventsOptions = {},
): EventSource {
  const database = databaseOf(source, mongo)
  const collection = database.collection<{ _id: unknown }>(source.collection, {
    ...DECODING,
    ...(options.fromPrimary ? { readPreference: 'primary' } : {}),
  })
  return new MongoEvents({ database, collection, source, handledTypes, knownTypes, migration: name })
}

interface Reads {
  readonly database: Db
  readonly collection: Collection<{ _id: unknown }>
  readonly source: Source
  readonly handledTypes: readonly string[]
  readonly knownTypes: readonly string[]
  /** The migration's name, for messages. */
  readonly migration: string
}

class MongoEvents implements EventSource {
  readonly name: string
  readonly #reads: Reads
  /** Picks the events of handled types. */
  readonly #handled: Filter<{ _id: unknown }>
  #isThere = false

  constructor(reads: Reads) {
    const { collection, source, handledTypes } = reads
    this.name = `${collection.dbName}.${collection.collectionName}`
    this.#reads = reads
    this.#handled = { [source.type]: { $in: handledTypes } }
  }

  ranges(wanted: number, { signal }: AskOptions = {}): Promise<readonly Range[]> {
    const { collection } = this.#reads
    return this.#ask(signal, async () => {
      const parts = rangeCount(wanted, await collection.estimatedDocumentCount(), MIN_EVENTS_PER_RANGE)
      if (parts === 1) return rangesBetween([])
      const sample = await collection
        .aggregate<Uint8Array>(
          [{ $sample: { size: parts * SAMPLES_PER_RANGE } }, { $project: { _id: 1 } }, { $sort: { _id: 1 } }],
          { raw: true, ...abortedBy(signal) },
        )
        .toArray()
      const ids = sample.map(idOf).filter((id) => id !== undefined)
      return rangesBetween(boundaries(ids, parts))
    })
  }

  read(range: Range, after: unknown, options: ReadOptions): AsyncIterable<readonly Uint8Array[]> {
    const bounds = indexBounds(range, after)
    return this.#events(options, (driver) =>
      this.#reads.collection.find<Uint8Array>(this.#handled, { ...driver, ...bounds }).sort({ _id: 1 }),
    )
  }

  byIds(ids: readonly unknown[], options: ReadOptions): AsyncIterable<readonly Uint8Array[]> {
    const filter: Document = { _id: { $in: ids }, ...this.#handled }
    return this.#events(options, (driver) => this.#reads.collection.find<Uint8Array>(filter, driver))
  }

  async *idsBetween(
    from: Date | null,
    to: Date | null,
    { signal }: AskOptions = {},
  ): AsyncGenerator<readonly unknown[]> {
    const { collection, source } = this.#reads
    const filter = { $and: [this.#handled, timeBounds(source.time, from, to)] }
    // Raw, so that no id ends the stream; one that no query can hold is left out.
    const options = { projection: { _id: 1 }, raw: true, batchSize: IDS_PER_BATCH, ...abortedBy(signal) }
    const open = (): Cursor<Uint8Array> => collection.find<Uint8Array>(filter, options)
    const bounds = { documents: IDS_PER_BATCH, bytes: Number.POSITIVE_INFINITY }
    for await (const batch of this.#batches(open, bounds, () => 0, signal)) {
      yield batch.map(idOf).filter((id) => id !== undefined)
    }
  }

  count({ signal }: AskOptions = {}): Promise<number> {
    return this.#ask(signal, () => this.#reads.collection.estimatedDocumentCount())
  }

  types({ from = null, to = null, signal }: TypesOptions = {}): Promise<readonly TypeCount[]> {
    const { collection, source, knownTypes } = this.#reads
    const path = `$${source.type}`
    // Other values count as one type; as groups of their own they could be as many as there are events.
    const value = { $cond: [{ $in: [{ $type: path }, ['string', 'array']] }, path, null] }
    return this.#ask(signal, async () => {
      const groups = collection.aggregate<{ _id: unknown; events: number }>(
        [{ $match: timeBounds(source.time, from, to) }, { $group: { _id: value, events: { $sum: 1 } } }],
        abortedBy(signal),
      )
      const counts: { value: unknown; events: number }[] = []
      for await (const { _id, events } of groups) counts.push({ value: _id, events })
      return sumTypes(counts, knownTypes)
    })
  }

  /** Events as they are stored, in batches. `find` makes the cursor from the options that the driver needs for that. */
  #events(
    { batchEvents, batchBytes, signal }: ReadOptions,
    find: (driver: FindOptions) => Cursor<Uint8Array>,
  ): AsyncGenerator<Uint8Array[]> {
    const open = (): Cursor<Uint8Array> => find({ raw: true, batchSize: batchEvents, ...abortedBy(signal) })
    const bounds = { documents: batchEvents, bytes: batchBytes }
    return this.#batches(open, bounds, ({ length }) => length, signal)
  }

  async *#batches<T>(
    open: () => Cursor<T>,
    bounds: BatchBounds,
    bytesOf: (document: T) => number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T[]> {
    const cursor = await this.#ask(signal, async () => open())
    try {
      for (;;) {
        const batch = await this.#ask(signal, () => take(cursor, bounds, bytesOf))
        if (batch.length === 0) return
        yield batch
      }
    } finally {
      await cursor.close()
    }
  }

  /** Asks the database and translates what the driver throws. */
  async #ask<T>(signal: AbortSignal | undefined, question: () => Promise<T>): Promise<T> {
    try {
      signal?.throwIfAborted()
      await this.#requireCollection()
      return await question()
    } catch (thrown) {
      signal?.throwIfAborted()
      throw mongoErrors.translate(thrown, this.name)
    }
  }

  /** MongoDB treats a collection that does not exist as empty, so the migration of a misspelt one would look like a success. */
  async #requireCollection(): Promise<void> {
    if (this.#isThere) return
    const { database, source, migration } = this.#reads
    // With both options the right to read the collection is enough.
    const options = { nameOnly: true, authorizedCollections: true } as const
    const found = await database.listCollections({ name: source.collection }, options).toArray()
    if (found.length === 0) {
      throw new ChangeoverError('CONFIG', `MongoDB has no collection ${this.name}.`, {
        remedy: `Check the database that MONGODB_URL names, and the source of the migration ${migration}.`,
      })
    }
    this.#isThere = true
  }
}
