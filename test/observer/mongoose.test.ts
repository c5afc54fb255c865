import { expect, it, onTestFinished } from 'vitest'
import { observe } from '../../src/observer/index.ts'
import { fixedFlags } from '../../src/flags/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { freshMongo } from '../support/fresh.ts'
import { eventsIn, FLAG, movements } from './observing.ts'

interface Model {
  create(documents: object[]): Promise<unknown>
  insertMany(documents: object[]): Promise<unknown>
  findOneAndUpdate(filter: object, update: object, options: object): Promise<unknown>
}
interface Mongoose {
  createConnection(url: string, options: object): { asPromise(): Promise<Connection> }
  Schema: new (fields: object, options: object) => object
}
interface Connection {
  model(name: string, schema: object): Model
  getClient(): Parameters<typeof observe>[0]
  close(): Promise<void>
}

const name = 'mongoose'
const mongoose = await import(name).then(
  (module: { default: Mongoose }) => module.default,
  () => undefined,
)

it.skipIf(mongoose === undefined)('events that are written through Mongoose are sent', async () => {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const connection = await mongoose!.createConnection(mongo.url, { monitorCommands: true }).asPromise()
  onTestFinished(() => connection.close())
  const fields = { _id: Number, seq: Number, type: { type: String }, at: Date }
  const Event = connection.model('Event', new mongoose!.Schema(fields, { collection: 'events', versionKey: false }))
  const queue = memoryQueue()
  const observer = observe(connection.getClient(), movements, { queue, flags: fixedFlags({ [FLAG]: true }) })
  const event = (_id: number): object => ({ _id, seq: _id, type: 'moved', at: new Date(0) })
  await Event.create([event(1), event(2)])
  await Event.insertMany([event(3), event(4)])
  const { _id, ...rest } = event(5) as { _id: number }
  await Event.findOneAndUpdate({ _id }, { $setOnInsert: rest }, { upsert: true })
  await observer.close()
  const stored = await mongo.client.db().collection('events').find().sort({ _id: 1 }).toArray()
  const sent = (await eventsIn(queue)).toSorted((a, b) => Number(a['_id']) - Number(b['_id']))
  expect(sent).toEqual(stored)
  expect(observer.counters.missed).toEqual({})
})
