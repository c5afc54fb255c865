import type { Collection, Document, MongoClient } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import type { Capture, Captured, Namespace, Tap } from '../../src/observer/tap.ts'
import { freshMongo } from '../support/fresh.ts'

/** A new tap, and a wait until it sees the next insert. */
export interface MadeTap {
  readonly tap: Tap
  readonly live?: Promise<unknown>
}

interface Tapped {
  readonly client: MongoClient
  readonly events: Collection
  readonly tap: Tap
  /** The ids of the committed events, once there are this many. */
  readonly ids: (atLeast: number) => Promise<unknown[]>
  readonly lost: Captured[]
  readonly failures: unknown[]
  readonly taken: unknown[]
}

/** The contract of every tap, with a separate database for each test. */
export function tapContract(name: string, make: (client: MongoClient, namespace: Namespace) => MadeTap): void {
  const tapped = async (): Promise<Tapped> => {
    const mongo = await freshMongo()
    onTestFinished(() => mongo[Symbol.asyncDispose]())
    const events = mongo.client.db().collection('events')
    // Some servers report nothing for a collection that does not exist.
    await events.insertOne(event('before'))
    const [committed, lost, failures, taken]: [unknown[], Captured[], unknown[], unknown[]] = [[], [], [], []]
    const capture: Capture = {
      take(document) {
        const { _id, type, at } = document as { _id?: unknown; type?: unknown; at?: unknown }
        // A tap may pass BSON types on, so that a 1 is an Int32.
        taken.push(_id?.valueOf())
        if (type !== 'moved') return undefined
        return { bytes: encodeEvent(document), time: at instanceof Date ? at : undefined }
      },
      commit(some, settled) {
        for (const { bytes } of some) committed.push(decodeEvent(bytes)['_id'])
        settled?.()
      },
      lose: (some) => void lost.push(...some),
      missedBetween() {},
      isFull: false,
      whenRoom: async () => {},
      fail: (thrown) => void failures.push(thrown),
    }
    const { tap, live } = make(mongo.client, { database: events.dbName, collection: 'events' })
    onTestFinished(() => tap.stop())
    tap.start(capture)
    await live
    const ids = async (atLeast: number): Promise<unknown[]> => {
      await until(() => committed.length >= atLeast, { signal: AbortSignal.timeout(20_000) })
      return committed
    }
    return { client: mongo.client, events, tap, ids, lost, failures, taken }
  }

  describe(`tap contract: ${name}`, () => {
    test('captures each insert once, in the order of its client', async () => {
      const { events, ids, failures, lost } = await tapped()
      for (const id of [1, 2, 3]) await events.insertOne(event(id))
      await events.insertMany([4, 5, 6].map((id) => event(id)))
      await events.bulkWrite([7, 8].map((id) => ({ insertOne: { document: event(id) } })))
      await events.insertOne(event('last'))
      expect(await ids(9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 'last'])
      expect([lost, failures]).toEqual([[], []])
    })

    test('captures the bytes of the event as stored', async () => {
      const { events, ids, taken } = await tapped()
      await events.insertOne(event(1))
      expect(await ids(1)).toEqual([1])
      expect(taken).toEqual([1])
    })

    test('does not capture what the filter refuses', async () => {
      const { events, ids } = await tapped()
      await events.insertMany([event(1), { ...event(2), type: 'blinked' }, event(3)])
      expect(await ids(2)).toEqual([1, 3])
    })

    test('ignores other collections and databases', async () => {
      const { client, events, ids, taken } = await tapped()
      await client.db().collection('other').insertOne(event(1))
      const elsewhere = client.db(`${events.dbName}_2`)
      await elsewhere.collection('events').insertOne(event(2))
      await elsewhere.dropDatabase()
      await events.insertOne(event(3))
      expect(await ids(1)).toEqual([3])
      expect(taken).toEqual([3])
    })

    test('ignores updates and deletes', async () => {
      const { events, ids } = await tapped()
      await events.insertOne(event(1))
      await events.updateOne({ _id: 1 as never }, { $set: { seq: 2 } })
      await events.replaceOne({ _id: 1 as never }, { type: 'moved', seq: 3 })
      await events.deleteOne({ _id: 1 as never })
      await events.insertOne(event(2))
      expect(await ids(2)).toEqual([1, 2])
    })

    test('captures an upsert that inserts', async () => {
      const { events, ids } = await tapped()
      const { _id, ...fields } = event(1)
      await events.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true })
      await events.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true })
      await events.insertOne(event(2))
      expect(await ids(2)).toEqual([1, 2])
    })

    test('captures what a transaction commits, and nothing of an aborted one', async () => {
      const { client, events, ids } = await tapped()
      await client.withSession(async (session) => {
        session.startTransaction()
        await events.insertOne(event(1), { session })
        await session.abortTransaction()
        session.startTransaction()
        await events.insertMany([event(2), event(3)], { session })
        await session.commitTransaction()
      })
      await events.insertOne(event(4))
      expect(await ids(3)).toEqual([2, 3, 4])
    })

    test('does not capture an insert that the database refuses', async () => {
      const { events, ids } = await tapped()
      await events.insertOne(event(1))
      await expect(events.insertMany([event(2), event(1), event(3)])).rejects.toThrow('E11000')
      await expect(events.insertMany([event(4), event(1), event(5)], { ordered: false })).rejects.toThrow('E11000')
      expect(await ids(4)).toEqual([1, 2, 4, 5])
    })

    test('captures nothing after stop, which can be called twice and leaves nothing behind', async () => {
      const { client, events, tap, ids } = await tapped()
      await events.insertOne(event(1))
      await ids(1)
      await Promise.all([tap.stop(), tap.stop()])
      await events.insertOne(event(2))
      expect(await ids(1)).toEqual([1])
      for (const heard of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
        expect(client.listenerCount(heard)).toBe(0)
      }
    })
  })
}

function event(id: unknown): Document & { _id: never } {
  return { _id: id as never, seq: 1, type: 'moved', at: new Date(0) }
}
