import type { Collection, Db, Document, Filter } from 'mongodb'
import { ChangeoverError, codeOf, messageOf } from '../core/index.ts'
import type { Migration } from '../mapping/index.ts'

/** Events of the source collection, as the migration reads them: raw, and only the types that the mapping takes. */
export interface EventSource {
  readonly collection: Collection
  /** Picks the events of types that have a handler. */
  readonly filter: Filter<Document>
}

/** The source collection of a migration. `mongo` is the database that the connection address names. */
export function sourceOf(migration: Migration, mongo: Db): EventSource {
  const { source, handlers } = migration
  const database = source.database === undefined ? mongo : mongo.client.db(source.database)
  const taken = [...handlers].filter(([, handler]) => handler !== 'ignore').map(([type]) => type)
  return { collection: database.collection(source.collection), filter: { [source.type]: { $in: taken } } }
}

/** How many events are of types that the mapping has never heard of: neither handled nor ignored. */
export async function countUnmapped({ collection }: EventSource, migration: Migration): Promise<number> {
  return collection.countDocuments({ [migration.source.type]: { $nin: [...migration.handlers.keys()] } })
}

/** A driver's error as one of ours. */
export function explainMongo(thrown: unknown): unknown {
  if (thrown instanceof ChangeoverError || !(thrown instanceof Error) || !thrown.name.startsWith('Mongo')) return thrown
  const said = messageOf(thrown, 300)
  if (codeOf(thrown) === 13 || codeOf(thrown) === 18 || codeOf(thrown) === 8000) {
    return new ChangeoverError('DENIED', `MongoDB refused: ${said}.`, {
      cause: thrown,
      remedy: 'Give the user of MONGODB_URL the right to read the source database.',
    })
  }
  return new ChangeoverError('UNREACHABLE', `MongoDB failed: ${said}.`, {
    cause: thrown,
    remedy: 'Check that the server runs and that MONGODB_URL names its host, port and database.',
  })
}
