import { serialize } from 'bson'
import fc from 'fast-check'
import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  MongoClient,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshMongo } from '../support/fresh.ts'
import { eventually, following } from './following.ts'
import { idsOf, moving } from './observing.ts'
import { startCuttingProxy } from './cutting-proxy.ts'

async function fresh() {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  return { ...following(mongo.client), url: mongo.url }
}

const ids = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const texts = (from: number, to: number): string[] => ids(from, to).map(String)

describe('inserts', () => {
  it('arrive in order, from one client and from an insert of many documents', async () => {
    const { events, follow } = await fresh()
    const seen = await follow()
    await events.insertOne(moving(1))
    await events.insertMany(ids(2, 500).map((id) => moving(id)))
    await eventually('500 events', () => seen.bytes.length >= 500)
    expect(seen.ids()).toEqual(texts(1, 500))
    expect(seen.failures).toEqual([])
  })

  it('are all that arrives: no updates, replacements or deletions, and nothing of other collections', async () => {
    const { client, events, follow } = await fresh()
    await events.insertOne(moving(0))
    const seen = await follow()
    await events.updateOne({ _id: 0 as never }, { $set: { seq: 2 } })
    await events.replaceOne({ _id: 0 as never }, { seq: 3 })
    await events.deleteOne({ _id: 0 as never })
    await client.db(events.dbName).collection('other').insertOne(moving(7))
    await events.insertOne(moving(1))
    await eventually('the last one', () => seen.bytes.length > 0)
    expect(seen.ids()).toEqual(['1'])
  })

  it('arrive from a transaction when it is committed, and not when it is aborted', async () => {
    const { client, events, follow } = await fresh()
    const seen = await follow()
    await client.withSession(async (session) => {
      session.startTransaction()
      await events.insertMany([moving(1), moving(2)], { session })
      await session.abortTransaction()
      session.startTransaction()
      await events.insertMany([moving(3), moving(4)], { session })
      await session.commitTransaction()
    })
    await eventually('two events', () => seen.bytes.length >= 2)
    expect(seen.ids()).toEqual(['3', '4'])
  })

  it.each([5, 15, 15.999])('of %s MB arrive whole', async (megabytes) => {
    const { events, follow } = await fresh()
    const seen = await follow()
    const large = moving(1, { text: 'x'.repeat(Math.floor(megabytes * 2 ** 20) - 100) })
    await events.insertMany([moving(0), large])
    await events.insertOne(moving(2))
    await eventually('three events', () => seen.bytes.length >= 3)
    expect(Buffer.compare(seen.bytes[1]!, serialize(large))).toBe(0)
    expect(seen.ids()).toEqual(['0', '1', '2'])
  })
})

describe('the bytes', () => {
  const leaf = fc.oneof(
    fc.integer().map((n) => new Int32(n)),
    fc.double({ noNaN: true }).map((n) => new Double(n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
    fc
      .constantFrom('1.50', '0', '-0.000', '9.999999999999999999999999999999999E+6144')
      .map((n) => Decimal128.fromString(n)),
    // The stand-in has no other years.
    fc.date({ noInvalidDate: true, min: new Date('0001-01-02'), max: new Date('9999-12-30') }),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((bytes) => new Binary(bytes)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.constantFrom(new UUID(), new MinKey(), new MaxKey(), new Timestamp({ t: 1, i: 2 }), new BSONRegExp('^a', 'i')),
  )
  /** What the tap hands over can be serialised again; keys that JavaScript puts first come with the stored bytes only. */
  const key = (isAny: boolean) =>
    fc
      .string({ minLength: 1, maxLength: 6 })
      .filter((name) => !/^\$|[.\0]|^_bsontype$|^__proto__$/.test(name) && (isAny || !/^\d+$/.test(name)))
  const tree = (isAny: boolean) =>
    fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(key(isAny), tie('value'), { maxKeys: 5 }),
    }))

  it.each([false, true])('are those that are stored, whatever the types (any keys: %s)', async (isAny) => {
    const { events, follow } = await fresh()
    const seen = await follow()
    const model = fc.array(tree(isAny).object, { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(model, async (documents) => {
        const before = seen.bytes.length
        // MongoDB puts the _id first; keys that JavaScript puts before it must be further down.
        const inserts = documents.map((value) => ({ _id: new ObjectId(), value }))
        await events.insertMany(inserts)
        await eventually('all of them', () => seen.bytes.length >= before + inserts.length)
        const stored: unknown[] = await events.find({}, { raw: true, sort: { $natural: 1 } }).toArray()
        await events.deleteMany({})
        const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('hex')
        expect(new Set(seen.stored.slice(before).map(hex))).toEqual(new Set(stored.map(hex)))
        if (!isAny) expect(seen.bytes.slice(before).map(hex)).toEqual(seen.stored.slice(before).map(hex))
      }),
      { numRuns: 40 },
    )
    expect(seen.failures).toEqual([])
  })

  it('stay the same whatever the BSON options of the client', async () => {
    const { url, events, follow } = await fresh()
    const odd = new MongoClient(url, { useBigInt64: true, ignoreUndefined: true })
    onTestFinished(() => odd.close())
    const seen = await follow({}, odd)
    const document = { _id: new Int32(1), a: new Double(1), b: Long.fromNumber(1), c: new Date(0) }
    await events.insertOne(document as never)
    await eventually('it', () => seen.bytes.length === 1)
    expect(seen.bytes[0]).toEqual(serialize(document))
    await seen.tap.stop()
    const raw = new MongoClient(url, { raw: true, promoteValues: false, fieldsAsRaw: { token: true } })
    onTestFinished(() => raw.close())
    const again = await follow({}, raw)
    await events.insertOne({ ...document, _id: 2 as never })
    await eventually('the next', () => again.bytes.length === 1)
    expect(again.ids()).toEqual(['2'])
  })
})

describe('the position', () => {
  it('lets the next start lose nothing, and repeat nothing that was settled', async () => {
    const { events, follow } = await fresh()
    const first = await follow()
    await events.insertMany(ids(1, 20).map((id) => moving(id)))
    await eventually('20 events', () => first.bytes.length === 20)
    await first.tap.stop()
    await events.insertMany(ids(21, 40).map((id) => moving(id)))
    const second = await follow()
    await events.insertOne(moving(41))
    await eventually('the last', () => second.ids().includes('41'))
    expect(second.ids()).toEqual(texts(21, 41))
    expect(second.windows).toEqual([])
  })

  it('does not move past what is not settled', async () => {
    const { events, follow } = await fresh()
    const first = await follow()
    first.hold = true
    await events.insertMany(ids(1, 5).map((id) => moving(id)))
    await eventually('5 events', () => first.held.length === 5)
    await first.tap.stop()
    const second = await follow()
    await eventually('all again', () => second.bytes.length === 5)
    expect(second.ids()).toEqual(texts(1, 5))
  })

  it('moves past the contiguous prefix only, in whatever order events are settled', async () => {
    const { events, follow, position } = await fresh()
    const first = await follow()
    first.hold = true
    await events.insertMany(ids(1, 6).map((id) => moving(id)))
    await eventually('6 events', () => first.held.length === 6)
    for (const i of [5, 3, 1, 0]) first.held[i]!()
    await first.tap.save()
    const stored = await position()
    await first.tap.stop()
    expect((await position())!['token']).toEqual(stored!['token'])
    const second = await follow()
    await eventually('the rest', () => second.ids().includes('6'))
    expect(second.ids()).toEqual(texts(3, 6))
  })

  it('also moves past what is settled after the stop', async () => {
    const { events, follow } = await fresh()
    const first = await follow()
    first.hold = true
    await events.insertMany([moving(1), moving(2)])
    await eventually('2 events', () => first.held.length === 2)
    await first.tap.stop()
    for (const settle of first.held) settle()
    await first.tap.save()
    const second = await follow()
    await events.insertOne(moving(3))
    await eventually('the last', () => second.ids().includes('3'))
    expect(second.ids()).toEqual(['3'])
  })

  it('moves past events that are not wanted, and while no events arrive', async () => {
    const { client, events, follow, position } = await fresh()
    const seen = await follow()
    await events.insertMany(ids(1, 5).map((id) => ({ ...moving(id), type: 'blinked' })))
    const first = await position()
    await eventually('a later token', async () => (await position())!['token']?._data !== first!['token']?._data)
    const second = await position()
    await client.db(events.dbName).collection('other').insertOne({})
    await eventually(
      'one that is later still',
      async () => (await position())!['token']._data !== second!['token']._data,
    )
    expect(seen.bytes).toEqual([])
  })

  it('is never moved back by a late write of the same process', async () => {
    const { follow, events, position, positions } = await fresh()
    const seen = await follow({ idleSaveMs: 600_000 })
    await events.insertOne(moving(1))
    await eventually('a token', async () => (await position())!['token'] !== null)
    const { sequence } = (await position())!
    await positions.updateOne({}, { $set: { sequence: sequence + 1000, token: { _data: 'newer' } } })
    await events.insertOne(moving(2))
    await eventually('the event', () => seen.bytes.length === 2)
    await seen.tap.stop()
    expect((await position())!['token']).toEqual({ _data: 'newer' })
    expect(seen.warnings).toEqual([])
  })

  it('may be shared: each process sees everything, and the next loses nothing', async () => {
    const { events, follow } = await fresh()
    const both = [await follow(), await follow()]
    await events.insertMany(ids(1, 10).map((id) => moving(id)))
    await eventually('all, twice', () => both.every(({ bytes }) => bytes.length === 10))
    await Promise.all(both.map(({ tap }) => tap.stop()))
    await events.insertOne(moving(11))
    const next = await follow()
    await eventually('the last', () => next.ids().includes('11'))
    expect(next.ids()).toEqual(['11'])
  })

  it('is separate for each migration and stream, in the collection of choice, and contains no secrets', async () => {
    const { client, events, follow, positions } = await fresh()
    await follow()
    await follow({ migration: 'other' })
    await follow({ stream: 'mine' })
    await follow({ positions: 'elsewhere' })
    const elsewhere = client.db(events.dbName).collection('elsewhere')
    const stored = await positions.find().toArray()
    const own = `movements/${events.namespace}`
    expect(stored.map(({ _id }) => String(_id)).toSorted()).toEqual([
      own,
      'movements/mine',
      `other/${events.namespace}`,
    ])
    expect(idsOf(await elsewhere.find().toArray())).toEqual([own])
    const names = ['_id', 'at', 'clusterTime', 'instance', 'savedAt', 'sequence', 'token']
    for (const position of stored) expect(Object.keys(position).toSorted()).toEqual(names)
  })

  it('exists before the first event, and earlier events are reported as missed', async () => {
    const { follow, position } = await fresh()
    const before = Date.now()
    const seen = await follow()
    expect((await position())!['clusterTime']).toBeInstanceOf(Timestamp)
    expect(seen.windows).toEqual([{ from: expect.any(Date), to: expect.any(Date), reason: 'token-lost' }])
    expect(seen.windows[0]!.from!.getTime()).toBeGreaterThanOrEqual(before)
  })
})

describe('back-pressure', () => {
  it('stops reading while there is no room, and continues when there is', async () => {
    const { events, follow } = await fresh()
    const seen = await follow()
    seen.hold = true
    const take = seen.take.bind(seen)
    seen.take = (document) => {
      if (seen.held.length === 9) seen.setFull(true)
      return take(document)
    }
    await events.insertMany(ids(1, 200).map((id) => moving(id)))
    await eventually('some', () => seen.isFull)
    const read = seen.bytes.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen.bytes.length).toBe(read)
    expect(read).toBe(10)
    seen.setFull(false)
    await eventually('all', () => seen.bytes.length === 200)
  })

  it('does not prevent a tap from stopping', async () => {
    const { events, follow } = await fresh()
    const seen = await follow()
    seen.setFull(true)
    await events.insertOne(moving(1))
    const before = performance.now()
    await seen.tap.stop()
    expect(performance.now() - before).toBeLessThan(2500)
  })
})

describe('a connection that is cut', () => {
  it('resumes where it stopped', async () => {
    const { url, events, follow } = await fresh()
    const proxy = await startCuttingProxy(url)
    const client = new MongoClient(proxy.url)
    onTestFinished(() => client.close())
    const seen = await follow({}, client)
    for (const round of ids(0, 3)) {
      proxy.cut('getMore', round + 1)
      await events.insertMany(ids(1, 10).map((id) => moving(round * 10 + id)))
      await eventually('a cut', () => proxy.cuts > round)
      await eventually('all of the round', () => seen.ids().includes(String(round * 10 + 10)))
    }
    expect(proxy.cuts).toBeGreaterThanOrEqual(4)
    expect(seen.ids()).toEqual(texts(1, 40))
    expect(seen.windows).toHaveLength(1)
    expect(seen.failures).toEqual([])
  })

  it('is replaced when it is silent for too long', async () => {
    const { url, events, follow } = await fresh()
    const proxy = await startCuttingProxy(url)
    const client = new MongoClient(proxy.url)
    onTestFinished(() => client.close())
    const seen = await follow({ silenceMs: 2000 }, client)
    proxy.swallow('getMore')
    await eventually('the silence', () => seen.warnings.length > 0)
    await events.insertOne(moving(1))
    await eventually('the event', () => seen.bytes.length === 1)
    expect(seen.warnings).toEqual(['the change stream is interrupted', 'the change stream goes on'])
  })
})

describe('a position that is lost', () => {
  const forged = [{ _data: 'xx' }, { _data: '82' }, {}, { nope: 1 }, 'text', 7, []]

  it.each(forged.map((token) => [JSON.stringify(token), token]))('is replaced by its time: %s', async (_, token) => {
    const { events, follow, positions } = await fresh()
    const first = await follow()
    await events.insertOne(moving(1))
    await eventually('the event', () => first.bytes.length === 1)
    await first.tap.stop()
    await events.insertOne(moving(2))
    await positions.updateOne({}, { $set: { token } })
    const second = await follow()
    await eventually('what came meanwhile', () => second.ids().includes('2'))
    await events.insertOne(moving(3))
    await eventually('what comes now', () => second.ids().includes('3'))
    expect(second.failures).toEqual([])
  })

  it('without a time is replaced by now, and what was missed since the last document is reported', async () => {
    const { events, follow, positions } = await fresh()
    const first = await follow()
    await events.insertOne(moving(1, { at: new Date(123_456) }))
    await eventually('the event', () => first.bytes.length === 1)
    await first.tap.stop()
    await events.insertOne(moving(2))
    await positions.updateOne({}, { $set: { token: { _data: 'xx' }, clusterTime: null } })
    const second = await follow()
    await events.insertOne(moving(3))
    await eventually('what comes now', () => second.bytes.length > 0)
    expect(second.ids()).toEqual(['3'])
    expect(second.windows).toEqual([{ from: new Date(123_456), to: expect.any(Date), reason: 'token-lost' }])
    expect(second.windows[0]!.to!.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('a collection that disappears', () => {
  it.each(['drop', 'rename'] as const)('by %s is reported, and the one that replaces it is followed', async (how) => {
    const { events, follow } = await fresh()
    const seen = await follow()
    await events.insertOne(moving(1))
    await eventually('the first', () => seen.bytes.length === 1)
    if (how === 'drop') await events.drop()
    else await events.rename('old')
    await events.insertOne(moving(2))
    await eventually('the second', () => seen.bytes.length === 2)
    expect(seen.ids()).toEqual(['1', '2'])
    expect(seen.windows.slice(1)).toEqual([
      { from: how === 'drop' ? new Date(0) : undefined, to: expect.any(Date), reason: 'token-lost' },
    ])
    await seen.tap.stop()
    const next = await follow()
    await events.insertOne(moving(3))
    await eventually('the third', () => next.bytes.length > 0)
    expect(next.ids()).toEqual(['3'])
  })
})
