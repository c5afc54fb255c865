import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createSink, lambdaHandler } from '../../src/sink/index.ts'
import { fileCreated, someHistory } from '../migrate/history.ts'
import { countOf, emptyWarehouse, failingAfter, failingFirst, messageOf } from './sinking.ts'

const call = (...bodies: string[]) => ({ Records: bodies.map((body, i) => ({ messageId: `message-${i}`, body })) })
const files = (count: number): string[] => Array.from({ length: count }, (_, i) => messageOf([fileCreated(i + 1)]))
const itemIdentifiers = (...ids: number[]) => ({
  batchItemFailures: ids.map((id) => ({ itemIdentifier: `message-${id}` })),
})

describe('lambdaHandler', () => {
  it('applies all messages of a call, and lists none as failed', async () => {
    const [warehouse, events] = [await emptyWarehouse(), await someHistory(30)]
    const handler = lambdaHandler(createSink(history, { warehouse }))
    expect(await handler(call(messageOf(events), 'garbage'))).toEqual({ batchItemFailures: [] })
    expect(await countOf(warehouse, '_receipt_history')).toBe(30)
    expect(await countOf(warehouse, '_quarantine_history')).toBe(1)
  })

  it.each([false, true])(
    'rejects when every message failed, and succeeds when it is called again (reportBatchItemFailures: %s)',
    async (reportBatchItemFailures) => {
      const warehouse = await emptyWarehouse()
      const sink = createSink(history, { warehouse: failingFirst(warehouse, 1, 'UNREACHABLE') })
      const handler = lambdaHandler(sink, { reportBatchItemFailures })
      await expect(handler(call(...files(2)))).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(await handler(call(...files(2)))).toEqual({ batchItemFailures: [] })
      expect(await countOf(warehouse, 'file')).toBe(2)
    },
  )

  it('lists exactly the messages that were not applied, with reportBatchItemFailures', async () => {
    const warehouse = await emptyWarehouse()
    const sink = createSink(history, { warehouse: failingAfter(warehouse, 1, 'UNREACHABLE'), batchMessages: 2 })
    const handler = lambdaHandler(sink, { reportBatchItemFailures: true })
    expect(await handler(call(...files(5)))).toEqual(itemIdentifiers(2, 3, 4))
    expect(await countOf(warehouse, 'file')).toBe(2)
  })

  it('rejects when some messages failed and the trigger may not read the list', async () => {
    const warehouse = await emptyWarehouse()
    const sink = createSink(history, { warehouse: failingAfter(warehouse, 1, 'UNREACHABLE'), batchMessages: 2 })
    await expect(lambdaHandler(sink)(call(...files(5)))).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(await countOf(warehouse, 'file')).toBe(2)
  })
})

describe('handle', () => {
  it('reports the messages that were not applied, and why, and counts those that were', async () => {
    const warehouse = failingAfter(await emptyWarehouse(), 2, 'DENIED')
    const sink = createSink(history, { warehouse, batchMessages: 1 })
    const messages = files(4).map((body, i) => ({ id: String(i), body }))
    const { counts, failed, error } = await sink.handle(messages)
    expect(counts).toMatchObject({ messages: 2, received: 2, applied: 2 })
    expect(failed).toEqual(['2', '3'])
    expect(error).toMatchObject({ code: 'DENIED' })
    expect(sink.counters).toEqual({ ...counts, leasesLost: 0 })
  })

  it('has no failures and no error when all was applied', async () => {
    const sink = createSink(history, { warehouse: await emptyWarehouse() })
    expect(await sink.handle([])).toMatchObject({ counts: { messages: 0 }, failed: [], error: undefined })
  })
})
