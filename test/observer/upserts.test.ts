import { Decimal128, Long, type Document, type ObjectId } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../../src/event/codec.ts'
import { idsOf, moving, observing, type Observing } from './observing.ts'

const fields = {
  seq: 1,
  type: 'moved',
  at: new Date(0),
  n: Long.fromBigInt(2n ** 60n),
  d: Decimal128.fromString('1.50'),
}

async function stored({ events }: Observing): Promise<Document[]> {
  const raw = await events.find({}, { raw: true }).sort({ _id: 1 }).toArray()
  return raw.map((bytes) => decodeEvent(bytes as unknown as Uint8Array))
}

const ways: Record<string, (host: Observing, id: unknown) => Promise<unknown>> = {
  'updateOne with $setOnInsert': ({ events }, id) =>
    events.updateOne({ _id: id as never }, { $setOnInsert: fields }, { upsert: true }),
  'updateOne with $set and $setOnInsert': ({ events }, id) =>
    events.updateOne(
      { _id: id as never, type: 'moved' },
      { $set: { seq: 1 }, $setOnInsert: { at: new Date(0) } },
      { upsert: true },
    ),
  replaceOne: ({ events }, id) => events.replaceOne({ _id: id as never }, fields, { upsert: true }),
  'findOneAndUpdate, the new document': ({ events }, id) =>
    events.findOneAndUpdate(
      { _id: id as never },
      { $max: { n: 1 }, $set: fieldsBut('n') },
      { upsert: true, returnDocument: 'after' },
    ),
  'findOneAndUpdate, the old document': ({ events }, id) =>
    events.findOneAndUpdate({ _id: id as never }, { $setOnInsert: fields }, { upsert: true }),
  findOneAndReplace: ({ events }, id) => events.findOneAndReplace({ _id: id as never }, fields, { upsert: true }),
  'bulkWrite of the collection': ({ events }, id) =>
    events.bulkWrite([
      { updateOne: { filter: { _id: 'none' as never }, update: { $set: { seq: 2 } } } },
      { updateOne: { filter: { _id: id as never }, update: { $setOnInsert: fields }, upsert: true } },
    ]),
  'bulkWrite of the client': ({ client, events }, id) =>
    client.bulkWrite([
      {
        name: 'updateOne',
        namespace: events.namespace,
        filter: { _id: id as never },
        update: { $set: fields },
        upsert: true,
      },
    ]),
  'bulkWrite of the client with results': ({ client, events }, id) =>
    client.bulkWrite(
      [
        {
          name: 'replaceOne',
          namespace: events.namespace,
          filter: { _id: id as never },
          replacement: fields,
          upsert: true,
        },
      ],
      { verboseResults: true },
    ),
}

function fieldsBut(without: string): Document {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== without))
}

describe('an upsert that inserts', () => {
  it.each(Object.keys(ways))('is sent as it is stored: %s', async (way) => {
    const host = await observing()
    await ways[way]!(host, 1)
    await ways[way]!(host, 1)
    expect(await host.sent()).toEqual(await stored(host))
    expect(host.observer.counters.missed).toEqual({})
    expect(host.observer.counters.captured).toBe(1)
  })

  it('is sent with the id that the server generated', async () => {
    const host = await observing()
    await host.events.updateOne({ seq: 1 }, { $set: fields }, { upsert: true })
    await host.events.findOneAndReplace({ seq: 7 }, fields, { upsert: true })
    const sent = await host.sent()
    expect(sent).toHaveLength(2)
    expect(idsOf(sent).every((id) => (id as ObjectId)._bsontype === 'ObjectId')).toBe(true)
    expect(await stored(host)).toEqual(expect.arrayContaining(sent))
  })

  it('is sent after the commit when it is part of a transaction', async () => {
    const host = await observing()
    await host.client.withSession(async (session) => {
      session.startTransaction()
      await host.events.replaceOne({ _id: 1 as never }, fields, { upsert: true, session })
      expect(await host.sent()).toEqual([])
      await session.commitTransaction()
      session.startTransaction()
      await host.events.replaceOne({ _id: 2 as never }, fields, { upsert: true, session })
      await session.abortTransaction()
    })
    expect(idsOf(await host.sent())).toEqual([1])
  })

  it.each<[string, (host: Observing) => Promise<unknown>]>([
    [
      'a pipeline',
      ({ events }) => events.updateOne({ _id: 1 as never, type: 'moved' }, [{ $set: { seq: 1 } }], { upsert: true }),
    ],
    [
      '$inc',
      ({ events }) => events.updateOne({ _id: 1 as never, type: 'moved' }, { $inc: { seq: 1 } }, { upsert: true }),
    ],
    [
      'a dotted field',
      ({ events }) => events.updateOne({ _id: 1 as never }, { $set: { type: 'moved', 'a.b': 1 } }, { upsert: true }),
    ],
    [
      'a condition',
      ({ events }) => events.updateOne({ seq: { $gt: 5 } }, { $set: { type: 'moved' } }, { upsert: true }),
    ],
  ])('is counted as missed when its command does not contain the document: %s', async (_, write) => {
    const host = await observing()
    await write(host)
    expect(await host.sent()).toEqual([])
    expect(host.observer.counters.missed).toEqual({ 'upsert-unknown': 1 })
  })

  it('is not sent when its type is not wanted, or when it updated', async () => {
    const host = await observing()
    await host.events.insertOne(moving(1))
    await host.events.updateOne({ _id: 1 as never }, { $set: { seq: 2 } }, { upsert: true })
    await host.events.updateOne({ _id: 2 as never }, { $set: { type: 'blinked' } }, { upsert: true })
    expect(idsOf(await host.sent())).toEqual([1])
    expect(host.observer.counters.missed).toEqual({})
  })

  it('is sent as it was written, when the caller changes the fields meanwhile', async () => {
    const host = await observing()
    const mine = { ...fields, list: [1] }
    const writing = host.events.updateOne({ _id: 1 as never }, { $setOnInsert: mine }, { upsert: true })
    await new Promise((resolve) => host.client.once('commandStarted', resolve))
    mine.list.push(2)
    await writing
    expect(await host.sent()).toEqual(await stored(host))
  })
})
