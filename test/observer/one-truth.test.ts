import { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp, UUID, type Document } from 'mongodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../../src/event/codec.ts'
import { idsOf, moving, observing, type Observing } from './observing.ts'

/** Values of every type that BSON has, and what a host may put in their place. */
const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 53, -(2 ** 53), 2 ** 63, Number.NaN, Infinity),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.integer().map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc.integer().map((value) => Decimal128.fromString(`${value}.50`)),
  fc.uuid().map((text) => new UUID(text)),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => new Binary(bytes, 128)),
  fc.constant(new Timestamp({ t: 1, i: 2 })),
  fc.constant(/a+/i),
  fc.constant(() => 'a function'),
)
const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[$.\0]|^__proto__$/.test(text))
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(name, tie('value'))),
}))
const payload = fc.dictionary(name, value, { maxKeys: 5 })

let ids = 0

/** What is stored, as the migration reads it. */
async function storedOf({ events }: Observing, id: unknown): Promise<Document> {
  const [raw] = await events.find({ _id: id as never }, { raw: true }).toArray()
  return decodeEvent(raw as unknown as Uint8Array)
}

describe('what is sent is what is stored', () => {
  it.each([true, false])('for any document, whatever its types (ignoreUndefined: %s)', async (ignoreUndefined) => {
    const host = await observing({}, { ignoreUndefined })
    await fc.assert(
      fc.asyncProperty(payload, async (generated) => {
        const id = ids++
        await host.events.insertOne(moving(id, { payload: generated }))
        expect(await host.sent()).toStrictEqual([await storedOf(host, id)])
      }),
    )
  })

  it('when the caller changes the document as soon as it is inserted', async () => {
    const host = await observing()
    const document = moving(1, { payload: { list: [1], nested: { n: 1 } } })
    await host.events.insertOne(document)
    document['seq'] = 2
    document['payload'].list.push(2)
    document['payload'].nested.n = 2
    expect(await host.sent()).toStrictEqual([await storedOf(host, 1)])
    expect(document['seq']).toBe(2)
  })

  it('when the caller changes the document while it is being inserted', async () => {
    const host = await observing()
    const documents = Array.from({ length: 50 }, (_, id) => moving(id))
    const inserts = documents.map((document) => host.events.insertOne(document))
    for (const document of documents) document['seq'] = 2
    await Promise.all(inserts)
    const sent = new Map((await host.sent()).map((event) => [event['_id'], event]))
    expect(sent.size).toBe(50)
    for (const [id, event] of sent) expect(event).toStrictEqual(await storedOf(host, id))
  })

  it('for ids of every type', async () => {
    const host = await observing()
    const some = [new ObjectId(), 'text', 7, 2.5, Long.fromBigInt(2n ** 60n), true, new Date(5), new UUID(), { a: 1 }]
    await host.events.insertMany(some.map((id) => moving(id)))
    const sent = await host.sent()
    expect(idsOf(sent)).toHaveLength(some.length)
    const stored = await host.events.find({}, { raw: true }).toArray()
    const decoded = stored.map((raw) => decodeEvent(raw as unknown as Uint8Array))
    expect(sent).toHaveLength(decoded.length)
    for (const event of decoded) expect(sent).toContainEqual(event)
  })
})
