import { MongoClient } from 'mongodb'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { decodeEvent } from '../../src/event/index.ts'
import { mongoEvents } from '../../src/stream/index.ts'
import { foundIn, eventSourceContract, moved, moves } from '../contract/event-source.ts'
import { freshMongo } from '../support/fresh.ts'

eventSourceContract('MongoDB', async (events) => {
  const mongo = await freshMongo()
  const db = mongo.client.db()
  const collection = await db.createCollection('moves')
  if (events.length > 0) await collection.insertMany([...events])
  return { source: mongoEvents(db, moves), dispose: async () => await mongo[Symbol.asyncDispose]() }
})

async function fresh(...[options]: Parameters<typeof freshMongo>): Promise<Awaited<ReturnType<typeof freshMongo>>> {
  const mongo = await freshMongo(options)
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  return mongo
}

describe('events in MongoDB', () => {
  test('are named by database and collection', async () => {
    const { client } = await fresh()
    expect(mongoEvents(client.db('app'), moves).name).toBe('app.moves')
    const source = { ...moves.source, database: 'elsewhere' }
    expect(mongoEvents(client.db('app'), { ...moves, source }).name).toBe('elsewhere.moves')
  })

  test('of a collection that does not exist are an error, until it exists', async () => {
    const { client } = await fresh()
    const source = mongoEvents(client.db(), moves)
    const refusal = {
      code: 'CONFIG',
      message: `MongoDB has no collection ${source.name}.`,
      remedy: expect.stringContaining('the migration moves') as unknown,
    }
    await expect(source.ranges(1)).rejects.toMatchObject(refusal)
    await expect(source.count()).rejects.toMatchObject(refusal)
    await expect(source.types()).rejects.toMatchObject(refusal)
    await expect(foundIn(source, [1])).rejects.toMatchObject(refusal)
    await expect(source.idsBetween(null, null)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal)
    await client.db().createCollection('moves')
    expect(await source.count()).toBe(0)
  })

  test('of types that the mapping does not know are as many as a query for all other types finds', async () => {
    const { client } = await fresh()
    const collection = client.db().collection('moves')
    const types = [
      'walked',
      'slept',
      'flew',
      '',
      undefined,
      null,
      7,
      true,
      new Date(),
      { walked: 1 },
      [],
      ['walked'],
      ['flew', 'slept'],
    ]
    await collection.insertMany(types.map((type, i) => moved(i, { type })))
    const known = ['walked', 'ran', 'slept']
    const counts = await mongoEvents(client.db(), moves).types()
    const unknown = counts.filter(({ type }) => type === null || !known.includes(type))
    expect(unknown.reduce((sum, { events }) => sum + events, 0)).toBe(
      await collection.countDocuments({ 'meta.type': { $nin: known } }),
    )
    expect(new Set(unknown.map(({ type }) => type))).toEqual(new Set(['', 'flew', null]))
  })

  test('are decoded in the same way whatever the options of the client', async () => {
    const { client } = await fresh({ promoteValues: false, raw: true })
    await client
      .db()
      .collection('moves')
      .insertMany([moved(1), moved('two')])
    const source = mongoEvents(client.db(), moves)
    const ids: unknown[] = []
    for await (const run of source.idsBetween(null, null)) ids.push(...run)
    expect(ids).toEqual([1, 'two'])
    expect((await foundIn(source, ids)).map((event) => decodeEvent(event)['_id'])).toEqual([1, 'two'])
    expect(await source.types()).toEqual([{ type: 'walked', events: 2 }])
  })

  test('are read from the primary on request', async () => {
    const { client } = await fresh({ monitorCommands: true, readPreference: 'secondaryPreferred' })
    await client.db().collection('moves').insertOne(moved(1))
    const preferences: unknown[] = []
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'find')
        preferences.push((command as { $readPreference?: { mode: string } }).$readPreference?.mode)
    })
    await foundIn(mongoEvents(client.db(), moves), [1])
    await foundIn(mongoEvents(client.db(), moves, { fromPrimary: true }), [1])
    expect(preferences[0]).toBe('secondaryPreferred')
    expect([undefined, 'primary', 'primaryPreferred']).toContain(preferences[1])
  })

  test('that cannot be reached are an error that names their place and no secret', async () => {
    const away = new MongoClient('mongodb://u:hush-hush@127.0.0.1:1/app', { serverSelectionTimeoutMS: 200 })
    onTestFinished(() => away.close())
    await expect(mongoEvents(away.db(), moves).count()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^MongoDB failed at app\.moves: (?!.*hush)/) as unknown,
      remedy: expect.stringContaining('MONGODB_URL') as unknown,
    })
    await expect(
      mongoEvents(away.db(), moves).idsBetween(null, null)[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('wait for nothing before the first use', () => {
    const client = new MongoClient(inject('mongoUrl'))
    expect(mongoEvents(client.db('app'), moves).name).toBe('app.moves')
  })
})
