import { ObjectId, type Collection, type Db, type MongoClient } from 'mongodb'
import { onTestFinished } from 'vitest'
import type { FileCreated, RepositoryEvent } from '../../examples/history/events.ts'
import { eventsOfFile } from '../../examples/history/load-ndjson.ts'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { contentOf } from './snapshot.ts'
import type { Migration } from '../../src/mapping/migration.ts'
import { mongoEvents, type EventSource } from '../../src/stream/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import type { Relation } from '../../src/star/rows/relation.ts'
import { hasSample, samplePath } from '../examples/sample.ts'
import { freshMongo, freshWarehouse } from '../support/fresh.ts'
import { compile } from '../../src/mapping/index.ts'

/** The first events of a real history if there is one, otherwise generated ones. */
export async function someHistory(count: number): Promise<RepositoryEvent[]> {
  if (!hasSample) return Array.from({ length: count }, (_, i) => fileCreated(i + 1))
  const events: RepositoryEvent[] = []
  for await (const event of eventsOfFile(samplePath)) {
    if (events.length >= count) break
    events.push(event)
  }
  return events
}

/** The creation of a file: the event with this number in the stream. */
export function fileCreated(seq: number, id = objectId(seq)): FileCreated {
  const at = new Date(Date.UTC(2020, 0, 1) + seq * 1000)
  const change = { commit: 'c'.repeat(40), insertions: 1, deletions: null }
  const payload = { ...change, blob: 'b', bytes: seq, mode: '100644' }
  const entity = { kind: 'file', id: `made/${seq}.txt` } as const
  return { _id: id, seq, type: 'file.created', entity, actor: 'u_0123456789ab', at, recordedAt: at, payload }
}

/** The ObjectId of a number: small ones sort before all that are generated today. */
export function objectId(n: number): ObjectId {
  return new ObjectId(n.toString(16).padStart(24, '0'))
}

/** The same warehouse, except that each merge waits for `before` first. */
export function delayed(warehouse: Warehouse, before: (relation: Relation) => Promise<unknown>): Warehouse {
  const merge: Warehouse['merge'] = async (relation, rows, options) => {
    await before(relation)
    return warehouse.merge(relation, rows, options)
  }
  return new Proxy(warehouse, {
    get(target, name: keyof Warehouse) {
      const member = name === 'merge' ? merge : target[name]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** A source with these events, and an empty warehouse for them. */
export interface Stage {
  readonly client: MongoClient
  readonly mongo: Db
  readonly source: EventSource
  readonly mongoUrl: string
  readonly events: Collection<{ _id: unknown }>
  readonly warehouse: Warehouse
  readonly mysqlUrl: string
}

/** @param migrations those of the warehouse */
export async function staged(
  documents: readonly object[],
  migrations: readonly Migration[] = [history],
): Promise<Stage> {
  const source = await freshMongo()
  onTestFinished(() => source[Symbol.asyncDispose]())
  const target = await freshWarehouse(migrations)
  onTestFinished(() => target[Symbol.asyncDispose]())
  const mongo = source.client.db()
  const events = mongo.collection<{ _id: unknown }>('events')
  if (documents.length > 0) await events.insertMany(documents as { _id: unknown }[])
  return {
    client: source.client,
    mongo,
    source: mongoEvents(mongo, history),
    mongoUrl: source.url,
    events,
    warehouse: target.warehouse,
    mysqlUrl: target.url,
  }
}

/** What the warehouse holds once these events have been applied directly, in one go. */
export async function directly(events: readonly object[]): Promise<Record<string, unknown[]>> {
  const target = await freshWarehouse([history])
  try {
    const bytes = events.map((event) => encodeEvent(event))
    await createApplier(compile(history), target.warehouse).apply(bytes, 'live')
    return await contentOf(target.warehouse, history)
  } finally {
    await target[Symbol.asyncDispose]()
  }
}
