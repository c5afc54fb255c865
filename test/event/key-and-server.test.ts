import fc from 'fast-check'
import { MongoServerError } from 'mongodb'
import { expect, test } from 'vitest'
import { eventKeyOf, idOf } from '../../src/event/index.ts'
import { freshMongo } from '../support/fresh.ts'
import { event, ids, type Value } from './bson-ids.ts'

/** Ids that a driver can send, and about which the stand-in for MongoDB is right too. */
const sendable = ({ type, same, hasJsValue }: Value): boolean => {
  // The driver replaces a null id; a server refuses arrays, and names that begin with $.
  if (!hasJsValue || same === 'null' || type === 0x04 || /^\{.*\$/.test(same)) return false
  // The stand-in compares neither numbers nor patterns in documents by value, and confuses binaries of less than two bytes.
  if (/^\{.*(number|regex)/.test(same) || /^binary (2 0[01]000000|\d+ )([0-9a-f]{2})?$/.test(same)) return false
  // It rounds numbers that are no small integers before it compares them.
  return !/number -?\d+\/(?!1\b)|number -?\d{16}/.test(same)
}

test('ids have one key exactly where the server refuses the second as a duplicate', async () => {
  await using mongo = await freshMongo()
  const things = mongo.client.db().collection<{ _id: unknown }>('things')
  const insert = async (_id: unknown): Promise<string> =>
    things.insertOne({ _id }).then(
      () => 'stored',
      (thrown: unknown) =>
        thrown instanceof MongoServerError && thrown.code === 11_000 ? 'duplicate' : String(thrown),
    )
  const known = new Set<string>()
  for (const id of fc.sample(ids.filter(sendable), 1000)) {
    const bytes = event(id)
    const key = Buffer.from(eventKeyOf(bytes)!).toString('hex')
    const outcome = await insert(idOf(bytes))
    expect(`${id.same} is ${outcome}`).toBe(`${id.same} is ${known.has(key) ? 'duplicate' : 'stored'}`)
    known.add(key)
  }
  expect(known.size).toBeGreaterThan(100)
})
