import { Int32 } from 'mongodb'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { until } from '../../src/core/abort.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { createSink, lambdaHandler } from '../../src/sink/index.ts'
import { fileCreated, someHistory } from '../migrate/history.ts'
import { countOf, emptyWarehouse, failingFirst, isEmpty, messageOf, sendAll } from './sinking.ts'
import { sql } from '../support/sql.ts'

const good = messageOf([fileCreated(1)])
const forged = (change: object): string => JSON.stringify({ ...(JSON.parse(good) as object), ...change })
const bomb = zstdCompressSync(Buffer.alloc(80 * 2 ** 20)).toString('base64')

describe('a message that is not ours', () => {
  it.each([
    ['no JSON', 'hello', 'not a message of changeover'],
    ['an empty object', '{}', 'the version is not 1'],
    ['null', 'null', 'the version is not 1'],
    ['of a later version', forged({ changeover: 2 }), 'the version is not 1'],
    ['without data', forged({ data: undefined }), 'migration, events or data is missing'],
    ['of an unknown encoding', forged({ encoding: 'bson+lzma' }), 'the encoding is unknown'],
    ['with data that is cut', forged({ data: 'AAAA' }), 'It should hold 1 events and does not'],
    ['with another number of events', forged({ events: 2 }), 'It should hold 2 events and does not'],
    ['with data that is not compressed as it says', forged({ encoding: 'bson+zstd' }), 'not a message of changeover'],
    ['that inflates without end', forged({ encoding: 'bson+zstd', data: bomb }), 'not a message of changeover'],
    ['for another migration', messageOf([fileCreated(1)], 'another'), 'for the migration "another", not for history'],
  ])('ends in the quarantine, is acknowledged, and holds up nothing: %s', async (_, body, reason) => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, [messageOf([fileCreated(2)]), body, messageOf([fileCreated(3)])])
    const stop = new AbortController()
    const sink = createSink(history, { queue, warehouse })
    const running = sink.run({ signal: stop.signal })
    await until(() => isEmpty(queue), { signal: AbortSignal.timeout(20_000), everyMs: 5 })
    stop.abort()
    await running
    expect(sink.counters).toMatchObject({ messages: 3, applied: 2, malformed: 1 })
    const rows = await sql(warehouse, 'SELECT reason, body FROM _quarantine_history')
    expect(rows.map((row) => [String(row['reason']), String(row['body'])])).toEqual([
      [expect.stringContaining(reason), body],
    ])
    expect(await countOf(warehouse, 'file')).toBe(2)
  })
})

describe('an event that cannot be applied', () => {
  it.each([
    ['without an _id', { _id: undefined }, 'The event is not BSON|_id cannot be used'],
    ['of no order', { seq: 'first' }, 'seq is neither an integer of 64 bits nor a Date'],
    ['of no type', { type: new Int32(7) }, 'type is not a string'],
    ['of an unknown type', { type: 'file.renamed' }, 'has no handler for the type "file.renamed"'],
    ['that its handler does not understand', { payload: undefined }, 'The handler of file.created threw'],
    ['with a value that does not fit', { entity: { kind: 'file', id: 'x'.repeat(256) } }, 'longer than 255 characters'],
  ])('ends in the quarantine, and its neighbours are applied: %s', async (_, change, reason) => {
    const warehouse = await emptyWarehouse()
    const sink = createSink(history, { warehouse })
    const bad = encodeEvent({ ...fileCreated(2), ...change }, true)
    const neighbours = [1, 3].map((seq) => encodeEvent(fileCreated(seq)))
    const counts = await sink.handle([encodeMessage(history.name, [neighbours[0]!, bad, neighbours[1]!])])
    expect(counts).toMatchObject({ received: 3, applied: 2, quarantined: 1 })
    const [row] = await sql(warehouse, 'SELECT reason FROM _quarantine_history')
    expect(String(row!['reason'])).toMatch(new RegExp(reason))
    expect(await countOf(warehouse, 'file')).toBe(2)
  })

  it('is quarantined when it is not even BSON', async () => {
    const warehouse = await emptyWarehouse()
    const broken = Buffer.from([6, 0, 0, 0, 99, 0])
    const counts = await createSink(history, { warehouse }).handle([encodeMessage(history.name, [broken])])
    expect(counts).toMatchObject({ received: 1, quarantined: 1, malformed: 0 })
  })
})

describe('lambdaHandler', () => {
  it('applies all messages of a call, and names none as failed', async () => {
    const [warehouse, events] = [await emptyWarehouse(), await someHistory(30)]
    const handler = lambdaHandler(createSink(history, { warehouse }))
    const Records = [messageOf(events), 'garbage'].map((body, i) => ({ messageId: String(i), body }))
    expect(await handler({ Records })).toEqual({ batchItemFailures: [] })
    expect(await countOf(warehouse, '_receipt_history')).toBe(30)
    expect(await countOf(warehouse, '_quarantine_history')).toBe(1)
  })

  it('rejects as a whole when the warehouse cannot be used, and succeeds when it is called again', async () => {
    const warehouse = await emptyWarehouse()
    const handler = lambdaHandler(createSink(history, { warehouse: failingFirst(warehouse, 1, 'UNREACHABLE') }))
    const call = { Records: [{ messageId: 'a', body: good }] }
    await expect(handler(call)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(await handler(call)).toEqual({ batchItemFailures: [] })
    expect(await countOf(warehouse, 'file')).toBe(1)
  })
})
