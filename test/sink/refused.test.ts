import { Int32 } from 'mongodb'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { until } from '../../src/core/abort.ts'
import { silentLogger } from '../../src/core/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { createSink } from '../../src/sink/index.ts'
import { fileCreated } from '../migrate/history.ts'
import { sql } from '../support/sql.ts'
import { countOf, emptyWarehouse, isEmpty, messageOf, sendAll, sender } from './sinking.ts'

const good = messageOf([fileCreated(1)])
const forged = (change: object): string => JSON.stringify({ ...(JSON.parse(good) as object), ...change })
const bomb = zstdCompressSync(Buffer.alloc(80 * 2 ** 20)).toString('base64')

describe('a message that cannot be read', () => {
  it.each([
    ['not JSON', 'hello', 'not a changeover message'],
    ['an empty object', '{}', 'the version is not 1'],
    ['null', 'null', 'the version is not 1'],
    ['of a later version', forged({ changeover: 2 }), 'the version is not 1'],
    ['without data', forged({ data: undefined }), 'migration, events or data is missing'],
    ['of an unknown encoding', forged({ encoding: 'bson+lzma' }), 'the encoding is unknown'],
    [
      'with data that is cut off',
      forged({ data: 'AAAA' }),
      'The message declares events: 1, but its data is not exactly',
    ],
    [
      'with another number of events',
      forged({ events: 2 }),
      'The message declares events: 2, but its data is not exactly',
    ],
    ['with data that is not compressed as declared', forged({ encoding: 'bson+zstd' }), 'not a changeover message'],
    ['that inflates beyond the bound', forged({ encoding: 'bson+zstd', data: bomb }), 'not a changeover message'],
    ['for another migration', messageOf([fileCreated(1)], 'another'), 'for the migration "another", not for history'],
  ])('is quarantined and acknowledged, and the others are applied: %s', async (_, body, reason) => {
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
    ['without a usable order', { seq: 'first' }, 'seq is neither an integer of 64 bits nor a Date'],
    ['without a usable type', { type: new Int32(7) }, 'type is not a string'],
    ['of an unknown type', { type: 'file.renamed' }, 'has no handler for the type "file.renamed"'],
    ['that its handler does not understand', { payload: undefined }, 'The handler of file.created threw'],
    ['with a value that does not fit', { entity: { kind: 'file', id: 'x'.repeat(256) } }, 'longer than 255 characters'],
  ])('is quarantined, and its neighbours are applied: %s', async (_, change, reason) => {
    const warehouse = await emptyWarehouse()
    const sink = createSink(history, { warehouse })
    const bad = encodeEvent({ ...fileCreated(2), ...change }, true)
    const neighbours = [1, 3].map((seq) => encodeEvent(fileCreated(seq)))
    const body = encodeMessage(sender, [neighbours[0]!, bad, neighbours[1]!])
    const { counts, failed } = await sink.handle([{ id: 'a', body }])
    expect(failed).toEqual([])
    expect(counts).toMatchObject({ received: 3, applied: 2, quarantined: 1 })
    const [row] = await sql(warehouse, 'SELECT reason FROM _quarantine_history')
    expect(String(row!['reason'])).toMatch(new RegExp(reason))
    expect(await countOf(warehouse, 'file')).toBe(2)
  })

  it('is quarantined when it is not even BSON', async () => {
    const warehouse = await emptyWarehouse()
    const broken = Buffer.from([6, 0, 0, 0, 99, 0])
    const body = encodeMessage(sender, [broken])
    const { counts } = await createSink(history, { warehouse }).handle([{ id: 'a', body }])
    expect(counts).toMatchObject({ received: 1, quarantined: 1, malformed: 0 })
  })
})

describe('an event of a type that the mapping does not know', () => {
  it('is counted, and its type is named, over all batches of the sink', async () => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (...said: unknown[]) => void warnings.push(said) }
    const sink = createSink(history, { warehouse: await emptyWarehouse(), batchMessages: 1, logger })
    const typed = (seq: number, type: unknown): Uint8Array => encodeEvent({ ...fileCreated(seq), type })
    const bodies = [
      [typed(1, 'file.renamed'), typed(2, 'file.created')],
      [typed(3, 7), typed(4, 'file.renamed'), encodeEvent({ ...fileCreated(5), payload: 'wrong' })],
    ].map((events) => encodeMessage(sender, events))
    const { counts } = await sink.handle(bodies.map((body, i) => ({ id: String(i), body })))
    expect(counts).toMatchObject({ applied: 1, quarantined: 4, unmapped: 3 })
    expect(sink.counters).toMatchObject({ quarantined: 4, unmapped: 3 })
    expect(sink.unknownTypes).toEqual([
      { type: 'file.renamed', events: 2 },
      { type: null, events: 1 },
    ])
    expect(warnings).toContainEqual([
      'the mapping does not know the types of some events',
      { events: 2, types: 'no type, "file.renamed"' },
    ])
  })
})
