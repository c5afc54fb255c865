import { describe, expect, it, onTestFinished } from 'vitest'
import type { RepositoryEvent } from '../../examples/history/events.ts'
import { history } from '../../examples/history/migration.ts'
import { until } from '../../src/core/abort.ts'
import { ChangeoverError } from '../../src/core/index.ts'
import { encodeMessage, type Sender } from '../../src/event/message.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { planWarehouse, receiptOf, receiptsOf } from '../../src/ledger/index.ts'
import { definitionOf, type Migration } from '../../src/mapping/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import { createSink, lambdaHandler } from '../../src/sink/index.ts'
import { memoryWarehouse, type ReadPort, type Warehouse } from '../../src/warehouse/index.ts'
import { fileCreated } from '../migrate/history.ts'
import { emptyWarehouse } from '../support/fresh.ts'
import { isEmpty, messageOf, sendAll, sender, targetThat, type SinkTarget } from './sinking.ts'

const soon = () => ({ signal: AbortSignal.timeout(30_000), everyMs: 5 })

async function apply(warehouse: Warehouse, migration: Migration = history): Promise<void> {
  await warehouse.apply((await planWarehouse(warehouse, [migration])).steps)
}

describe('a sink whose definition was not applied', () => {
  it('receives nothing, and begins once it is', async () => {
    const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
    await sendAll(queue, [messageOf([fileCreated(1)])])
    let receives = 0
    const counting: Queue = { ...queue, receive: (options) => (receives++, queue.receive(options)) }
    const warnings: string[] = []
    const silent = (): void => {}
    const logger = {
      debug: silent,
      info: silent,
      error: silent,
      warn: (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    }
    const sink = createSink(history, { queue: counting, warehouse, waitSeconds: 1, logger })
    const stop = new AbortController()
    const running = sink.run({ signal: stop.signal })
    onTestFinished(() => stop.abort())
    await until(() => warnings.length >= 2, soon())
    expect(warnings[0]).toMatch(/^could not start; .*was not applied to this warehouse/)
    expect([receives, await queue.approximateDepth()]).toEqual([0, { visible: 1, inFlight: 0 }])
    await apply(warehouse)
    await until(() => isEmpty(queue), soon())
    stop.abort()
    await running
    expect(sink.counters).toMatchObject({ messages: 1, applied: 1 })
  })

  it('stops when it is told to', async () => {
    const sink = createSink(history, { queue: memoryQueue(), warehouse: await emptyWarehouse() })
    await sink.run({ signal: AbortSignal.timeout(100) })
    expect(sink.counters.messages).toBe(0)
  })
})

describe('a sink that is stopped while it looks up its definition', () => {
  it.each<[string, Error]>([
    ['an error of the package', new ChangeoverError('ABORTED', 'Stopped by SIGINT.')],
    ['any error', new Error('enough')],
  ])('resolves at once, even when the warehouse does not answer: %s', async (_, reason) => {
    const reached = Promise.withResolvers<void>()
    const warehouse: SinkTarget = {
      ...targetThat(async () => {}),
      hasRegistry: true,
      async *scan() {
        reached.resolve()
        await new Promise(() => {})
        yield []
      },
    }
    const stop = new AbortController()
    const running = createSink(history, { queue: memoryQueue(), warehouse }).run({ signal: stop.signal })
    await reached.promise
    stop.abort(reason)
    await running
  })
})

describe('a function in Lambda whose definition was not applied', () => {
  const event = (bodies: readonly string[]) => ({
    Records: bodies.map((body, i) => ({ messageId: `message-${i}`, body })),
  })
  const atOnce = { getRemainingTimeInMillis: () => 0 }
  const bodies = [1, 2].map((i) => messageOf([fileCreated(i)]))
  const failures = { batchItemFailures: [{ itemIdentifier: 'message-0' }, { itemIdentifier: 'message-1' }] }

  it.each([false, true])(
    'sends the messages back to its queue, and none has failed (reportBatchItemFailures: %s)',
    async (reportBatchItemFailures) => {
      const [queue, warehouse] = [memoryQueue(), await emptyWarehouse()]
      const handler = lambdaHandler(createSink(history, { warehouse }), { queue, reportBatchItemFailures })
      expect(await handler(event(bodies), atOnce)).toEqual({ batchItemFailures: [] })
      const back = await queue.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
      expect(back.map(({ body }) => body)).toEqual(bodies)
      expect(back.map(({ receiveCount }) => receiveCount)).toEqual([1, 1])
      await apply(warehouse)
      expect(await handler(event(bodies), atOnce)).toEqual({ batchItemFailures: [] })
      expect(await queue.approximateDepth()).toEqual({ visible: 0, inFlight: 2 })
    },
  )

  it('lists those as failed that the queue did not take', async () => {
    const queue = memoryQueue()
    const refusing: Queue = {
      ...queue,
      send: async (messages) => [
        ...(await queue.send(messages.slice(0, 1))),
        ...messages.slice(1).map(({ id }) => ({ id, status: 'failed' as const, retryable: true, reason: 'busy' })),
      ],
    }
    const sink = createSink(history, { warehouse: await emptyWarehouse() })
    const handler = lambdaHandler(sink, { queue: refusing, reportBatchItemFailures: true })
    expect(await handler(event(bodies), atOnce)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] })
    const strict = lambdaHandler(sink, { queue: refusing })
    await expect(strict(event(bodies), atOnce)).rejects.toMatchObject({ code: 'UNREGISTERED' })
  })

  it('fails without a queue', async () => {
    const sink = createSink(history, { warehouse: await emptyWarehouse() })
    for (const reportBatchItemFailures of [false, true]) {
      const handler = lambdaHandler(sink, { reportBatchItemFailures })
      await expect(handler(event(bodies), atOnce)).rejects.toMatchObject({ code: 'UNREGISTERED' })
    }
    const handled = await sink.handle(bodies.map((body, i) => ({ id: `message-${i}`, body })))
    expect(handled.failed).toEqual(failures.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  })
})

describe('the generation of events', () => {
  const earlier: Migration = { ...history, source: { ...history.source, omit: ['payload.note'] } }
  const messageFrom = (from: Sender, event: RepositoryEvent): string => encodeMessage(from, [encodeEvent(event)])
  const from = (migration: Migration): Sender => {
    const { fingerprint, document } = definitionOf(migration)
    return { migration: document.migration, definition: fingerprint, capture: document.capture }
  }
  const generationsIn = async (warehouse: Pick<ReadPort, 'scan'>): Promise<number[]> => {
    const generations: number[] = []
    for await (const page of warehouse.scan(receiptsOf(history))) {
      generations.push(...page.map((row) => receiptOf(row).generation))
    }
    return generations
  }

  it.each<[string, Sender, number]>([
    ["the sink's own", from(history), 2],
    ['one that lets the same fields pass', { ...from({ ...history, revision: 9 }) }, 2],
    ['an earlier one, which let other fields pass', from(earlier), 1],
    ['one that is not registered', from({ ...history, source: { ...history.source, omit: ['payload.other'] } }), 0],
    ['one that is not named', { migration: history.name }, 0],
  ])('is that of the definition that captured them: %s', async (_, captured, generation) => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, earlier)
    await apply(warehouse)
    const sink = createSink(history, { warehouse })
    const { failed } = await sink.handle([{ id: 'a', body: messageFrom(captured, fileCreated(1)) }])
    expect([failed, await generationsIn(warehouse)]).toEqual([[], [generation]])
  })

  it('is never later than the own one of a sink that is behind', async () => {
    const warehouse = await emptyWarehouse()
    await apply(warehouse, earlier)
    await apply(warehouse)
    await createSink(earlier, { warehouse }).handle([{ id: 'a', body: messageFrom(from(history), fileCreated(1)) }])
    expect(await generationsIn(warehouse)).toEqual([1])
  })

  it('is the first for events of the same fields in memory', async () => {
    const warehouse = memoryWarehouse()
    await createSink(history, { warehouse }).handle([{ id: 'a', body: messageFrom(sender, fileCreated(1)) }])
    expect(await generationsIn(warehouse)).toEqual([1])
  })
})
