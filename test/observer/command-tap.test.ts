import { describe, expect, it } from 'vitest'
import { commandTap, observe } from '../../src/observer/index.ts'
import { tapContract } from '../contract/tap.ts'
import { idsOf, movements, moving, observing } from './observing.ts'

tapContract('by commands', (client, namespace) => ({ tap: commandTap(client, namespace) }))

describe('inserts', () => {
  it('sends an event that was inserted', async () => {
    const { events, sent, observer } = await observing()
    await events.insertOne(moving(1))
    expect(await sent()).toEqual([moving(1)])
    expect(observer.counters).toEqual({ captured: 1, published: 1, messages: 1, missed: {} })
  })

  it('sends the events before a duplicate key when the insert is ordered', async () => {
    const { events, sent } = await observing()
    await events.insertOne({ _id: 3 as never, type: 'other' })
    await expect(events.insertMany([1, 2, 3, 4].map((id) => moving(id)))).rejects.toThrow('E11000')
    expect(idsOf(await sent())).toEqual([1, 2])
  })

  it('sends all but the duplicate keys when the insert is unordered', async () => {
    const { events, sent } = await observing()
    await events.insertMany([2, 4].map((id) => ({ _id: id as never, type: 'other' })))
    const insert = events.insertMany(
      [1, 2, 3, 4, 5].map((id) => moving(id)),
      { ordered: false },
    )
    await expect(insert).rejects.toThrow('E11000')
    expect(idsOf(await sent())).toEqual([1, 3, 5])
  })

  it('sends the inserts of a bulk write, and nothing of its other operations', async () => {
    const { events, sent } = await observing()
    await events.bulkWrite([
      { insertOne: { document: moving(1) } },
      { updateOne: { filter: { _id: 1 as never }, update: { $set: { seq: 2 } } } },
      { insertOne: { document: moving(2) } },
      { deleteOne: { filter: { _id: 1 as never } } },
    ])
    expect(idsOf(await sent())).toEqual([1, 2])
  })

  it.each([
    [true, [1]],
    [false, [1, 3]],
  ])('sends what a bulk write of the client wrote to the collection (ordered: %s)', async (ordered, ids) => {
    const { client, events, sent } = await observing()
    await events.insertOne({ _id: 2 as never, type: 'other' })
    const inserts = [1, 2, 3].map((id) => ({ namespace: events.namespace, document: moving(id) }))
    const elsewhere = { namespace: `${events.dbName}.other`, document: moving(9) }
    const models = [elsewhere, ...inserts].map((insert) => ({ name: 'insertOne' as const, ...insert }))
    await expect(client.bulkWrite(models, { ordered })).rejects.toThrow()
    expect(idsOf(await sent())).toEqual(ids)
  })

  it('ignores other collections and databases', async () => {
    const { client, events, sent, observer } = await observing()
    await client.db().collection('other').insertOne(moving(1))
    const elsewhere = client.db(`${events.dbName}_2`)
    await elsewhere.collection('events').insertOne(moving(2))
    await elsewhere.dropDatabase()
    expect(await sent()).toEqual([])
    expect(observer.counters.missed).toEqual({})
  })

  it('does not send types that the mapping ignores or does not know, and does not count them as missed', async () => {
    const { events, sent, observer } = await observing()
    const types = ['blinked', 'unheard-of', 'constructor', 'ignore', null, 7, undefined]
    await events.insertMany(types.map((type, id) => ({ ...moving(id), type })))
    await events.insertOne({ _id: 99 as never })
    expect(await sent()).toEqual([])
    expect(observer.counters).toEqual({ captured: 0, published: 0, messages: 0, missed: {} })
  })

  it('counts an event whose _id the server generates as missed', async () => {
    const { events, sent, observer } = await observing()
    const { _id, ...nameless } = moving(1)
    await events.insertOne(nameless, { forceServerObjectId: true })
    expect(await sent()).toEqual([])
    expect(observer.counters.missed).toEqual({ 'without-id': 1 })
  })

  it('sends nothing of an insert that the server refuses as a whole', async () => {
    const { events, sent, observer } = await observing()
    await expect(events.insertOne(moving(1, { text: 'x'.repeat(17 * 2 ** 20) }))).rejects.toThrow()
    expect(await sent()).toEqual([])
    expect(observer.counters.missed).toEqual({})
  })

  it('counts an insert that is in flight at the close as missed', async () => {
    const { client, events, observer } = await observing()
    const session = client.startSession()
    session.startTransaction()
    await events.insertMany([moving(1), moving(2)], { session })
    await observer.close()
    await session.commitTransaction()
    await session.endSession()
    expect(observer.counters.missed).toEqual({ 'outcome-unknown': 2 })
  })
})

describe('transactions', () => {
  it('sends only after the commit', async () => {
    const { client, events, sent } = await observing()
    await client.withSession(async (session) => {
      session.startTransaction()
      await events.insertOne(moving(1), { session })
      await events.insertMany([moving(2), { ...moving(3), type: 'blinked' }], { session })
      expect(await sent()).toEqual([])
      await session.commitTransaction()
    })
    expect(idsOf(await sent())).toEqual([1, 2])
  })

  it('drops what was aborted', async () => {
    const { client, events, sent, observer } = await observing()
    await client.withSession(async (session) => {
      session.startTransaction()
      await events.insertOne(moving(1), { session })
      await session.abortTransaction()
      session.startTransaction()
      await events.insertOne(moving(2), { session })
      await session.commitTransaction()
    })
    expect(idsOf(await sent())).toEqual([2])
    expect(observer.counters.missed).toEqual({})
  })

  it('sends the events of a commit that is called twice once', async () => {
    const { client, events, sent } = await observing()
    await client.withSession(async (session) => {
      session.startTransaction()
      await events.insertOne(moving(1), { session })
      await session.commitTransaction()
      await session.commitTransaction()
    })
    expect(idsOf(await sent())).toEqual([1])
  })

  it('sends the events that withTransaction tried twice once', async () => {
    const { client, events, sent, observer } = await observing()
    await events.insertOne({ _id: 'other' as never, n: 0 })
    let tries = 0
    await client.withSession((session) =>
      session.withTransaction(async () => {
        tries++
        await events.insertOne(moving(1), { session })
        // A write from outside makes the first try conflict.
        if (tries === 1) await events.updateOne({ _id: 'other' as never }, { $inc: { n: 1 } })
        await events.updateOne({ _id: 'other' as never }, { $inc: { n: 1 } }, { session })
      }),
    )
    expect(tries).toBeGreaterThan(1)
    expect(idsOf(await sent())).toEqual([1])
    expect(observer.counters.missed).toEqual({})
  })
})

describe('the limits of what is in flight', () => {
  it('drop what exceeds them, and count it as missed', async () => {
    const mongo = await observing()
    const { client, events } = mongo
    await mongo.observer.close()
    const namespace = { database: events.dbName, collection: 'events' }
    const queue = mongo.queue
    const observer = observe(client, movements, {
      queue,
      flags: mongo.flags,
      tap: commandTap(client, namespace, { events: 3 }),
    })
    await client.withSession(async (session) => {
      session.startTransaction()
      await events.insertMany(
        [1, 2].map((id) => moving(id)),
        { session },
      )
      await events.insertMany(
        [3, 4].map((id) => moving(id)),
        { session },
      )
      await session.commitTransaction()
      session.startTransaction()
      await events.insertMany(
        [5, 6, 7].map((id) => moving(id)),
        { session },
      )
      await session.abortTransaction()
    })
    await events.insertMany([8, 9, 10].map((id) => moving(id)))
    await observer.close()
    expect(observer.counters).toMatchObject({ captured: 6, missed: { 'too-many-in-flight': 1 } })
  })

  it('apply to bytes as well', async () => {
    const { client, events, flags, queue } = await observing()
    const namespace = { database: events.dbName, collection: 'events' }
    const tap = commandTap(client, namespace, { bytes: 1000 })
    const observer = observe(client, movements, { queue, flags, tap })
    await events.insertMany([moving(1), moving(2, { text: 'x'.repeat(2000) }), moving(3)])
    await observer.close()
    expect(observer.counters).toMatchObject({ captured: 2, missed: { 'too-many-in-flight': 1 } })
  })
})

describe('unacknowledged writes', () => {
  it('count as done, as they do for the driver', async () => {
    const { events, sent } = await observing()
    await events.insertOne(moving(1), { writeConcern: { w: 0 } })
    expect(idsOf(await sent())).toEqual([1])
  })
})
