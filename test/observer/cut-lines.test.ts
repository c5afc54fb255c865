import { MongoClient, type MongoClientOptions } from 'mongodb'
import { expect, it, onTestFinished } from 'vitest'
import { fixedFlags } from '../../src/flags/index.ts'
import { observe } from '../../src/observer/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { freshMongo } from '../support/fresh.ts'
import { startCuttingProxy } from './cutting-proxy.ts'
import { eventsIn, FLAG, idsOf, movements, moving } from './observing.ts'

/** A host whose line to MongoDB can be cut, observed. */
async function behindProxy(options: MongoClientOptions = {}) {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const proxy = await startCuttingProxy(mongo.url)
  const client = new MongoClient(proxy.url, { monitorCommands: true, ...options })
  onTestFinished(() => client.close())
  const queue = memoryQueue()
  const observer = observe(client, movements, { queue, flags: fixedFlags({ [FLAG]: true }) })
  onTestFinished(() => observer.close())
  const sent = async () => {
    await observer.flush()
    return idsOf(await eventsIn(queue))
  }
  return { proxy, client, observer, sent, events: client.db().collection('events'), stored: mongo.client.db() }
}

it('sends once an insert that the driver had to send twice', async () => {
  const { proxy, events, sent, observer } = await behindProxy()
  await events.countDocuments()
  proxy.cut('insert')
  await events.insertOne(moving(1))
  expect(proxy.cuts).toBe(1)
  expect(await sent()).toEqual([1])
  expect(observer.counters).toMatchObject({ captured: 1, missed: {} })
})

it('counts as unknown, once, an insert whose retry was not answered either', async () => {
  const { proxy, events, sent, observer } = await behindProxy()
  await events.countDocuments()
  proxy.cut('insert', 2)
  await expect(events.insertOne(moving(1))).rejects.toThrow()
  expect(await sent()).toEqual([])
  expect(observer.counters.missed).toEqual({ 'outcome-unknown': 1 })
})

it('counts as unknown an insert whose answer never came', async () => {
  const { proxy, events, stored, sent, observer } = await behindProxy({ retryWrites: false })
  await events.countDocuments()
  proxy.cut('insert')
  await expect(events.insertMany([moving(1), moving(2)])).rejects.toThrow()
  expect(await stored.collection('events').countDocuments()).toBe(2)
  expect(await sent()).toEqual([])
  expect(observer.counters.missed).toEqual({ 'outcome-unknown': 2 })
})

it('sends after a commit that the driver had to send twice', async () => {
  const { proxy, client, events, sent, observer } = await behindProxy()
  await client.withSession(async (session) => {
    session.startTransaction()
    await events.insertOne(moving(1), { session })
    proxy.cut('commitTransaction')
    await session.commitTransaction()
  })
  expect(proxy.cuts).toBe(1)
  expect(await sent()).toEqual([1])
  expect(observer.counters.missed).toEqual({})
})

it('counts as unknown the events of a commit whose answer never came, when the session is used again', async () => {
  const { proxy, client, events, sent, observer } = await behindProxy()
  await client.withSession(async (session) => {
    session.startTransaction()
    await events.insertOne(moving(1), { session })
    proxy.cut('commitTransaction', 2)
    await expect(session.commitTransaction()).rejects.toThrow()
    expect(observer.counters.missed).toEqual({})
    session.startTransaction()
    await events.insertOne(moving(2), { session })
    await session.commitTransaction()
  })
  expect(await sent()).toEqual([2])
  expect(observer.counters.missed).toEqual({ 'outcome-unknown': 1 })
})

it('counts nothing for an insert that was cut inside a transaction, because the transaction is aborted', async () => {
  const { proxy, client, events, stored, sent, observer } = await behindProxy()
  await client.withSession(async (session) => {
    session.startTransaction()
    await events.insertOne(moving(1), { session })
    proxy.cut('insert')
    await expect(events.insertOne(moving(2), { session })).rejects.toThrow()
    await session.abortTransaction()
  })
  expect(await stored.collection('events').countDocuments()).toBe(0)
  expect(await sent()).toEqual([])
  expect(observer.counters.missed).toEqual({})
})

it('counts as unknown an insert that timed out', async () => {
  const { proxy, events, observer } = await behindProxy({ retryWrites: false, socketTimeoutMS: 500 })
  await events.countDocuments()
  proxy.swallow('insert')
  await expect(events.insertOne(moving(1))).rejects.toThrow(/timed out/)
  expect(observer.counters.missed).toEqual({ 'outcome-unknown': 1 })
})
