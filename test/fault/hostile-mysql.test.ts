import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { until } from '../../src/core/abort.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { planWarehouse } from '../../src/ledger/schema.ts'
import { compile, type Migration } from '../../src/mapping/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import { createSink, type SinkOptions } from '../../src/sink/index.ts'
import { mysqlWarehouse, type MysqlWarehouseOptions, type Warehouse } from '../../src/warehouse/index.ts'
import { someHistory } from '../migrate/history.ts'
import { isEmpty, messagesOf, sendAll } from '../sink/sinking.ts'
import { startOwnMysql, type OwnMysql } from '../support/own-mysql.ts'
import { sql } from '../support/sql.ts'

let mysql: OwnMysql
beforeAll(async () => {
  mysql = await startOwnMysql()
  return () => mysql[Symbol.asyncDispose]()
})
afterAll(() => mysql.signal('SIGCONT'))

const soon = () => ({ signal: AbortSignal.timeout(30_000), everyMs: 10 })
const patience: MysqlWarehouseOptions = { statementTimeoutMs: 1000, retry: { tries: 3, baseMs: 1, capMs: 10 } }

async function warehouseFor(migration: Migration): Promise<{ warehouse: Warehouse; url: string }> {
  const url = await mysql.freshDatabase()
  const warehouse = mysqlWarehouse(url, patience)
  onTestFinished(() => warehouse.close())
  await warehouse.apply((await planWarehouse(warehouse, [migration])).steps)
  return { warehouse, url }
}

/** A queue with messages, and the greatest number of times that one of them was received. */
async function queueWith(messages: readonly string[]) {
  const queue = memoryQueue()
  await sendAll(queue, messages)
  let received = 0
  const counting: Queue = {
    ...queue,
    async receive(options) {
      const some = await queue.receive(options)
      received = Math.max(received, ...some.map(({ receiveCount }) => receiveCount))
      return some
    },
  }
  return { queue: counting, mostReceived: () => received }
}

function working(queue: Queue, warehouse: Warehouse, options: Partial<SinkOptions> = {}) {
  const warnings: string[] = []
  const logger = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (_: string, fields?: object) => void warnings.push(JSON.stringify(fields)),
  }
  const sink = createSink(history, { queue, warehouse, waitSeconds: 1, logger, ...options })
  const controller = new AbortController()
  const running = sink.run({ signal: controller.signal })
  running.catch(() => {})
  return { sink, running, warnings, abort: () => controller.abort() }
}

test('a sink waits while the server takes no more prepared statements (1461), and then goes on', async () => {
  const { warehouse } = await warehouseFor(history)
  const { queue, mostReceived } = await queueWith(messagesOf(await someHistory(20), 5))
  await mysql.set('SET GLOBAL max_prepared_stmt_count = 0')
  const { sink, running, warnings, abort } = working(queue, warehouse)
  try {
    await until(() => warnings.length >= 2, soon())
    expect(warnings[0]).toMatch(/max_prepared_stmt_count/)
  } finally {
    await mysql.set('SET GLOBAL max_prepared_stmt_count = 16382')
  }
  await until(() => isEmpty(queue), soon())
  abort()
  await running
  expect(sink.counters).toMatchObject({ messages: 4, applied: 20, quarantined: 0 })
  expect(mostReceived()).toBe(1)
})

test('a sink that is stopped while the server is silent in mid-statement ends within its grace, and loses nothing', async () => {
  const { warehouse, url } = await warehouseFor(history)
  const { queue } = await queueWith(messagesOf(await someHistory(20), 5))
  const { running, abort, warnings } = working(queue, warehouse, { graceMs: 500 })
  mysql.signal('SIGSTOP')
  let ms: number
  try {
    await until(() => warnings.length >= 1, soon())
    const since = performance.now()
    abort()
    await running
    await warehouse.close()
    ms = performance.now() - since
    expect(await queue.approximateDepth()).toEqual({ visible: 4, inFlight: 0 })
  } finally {
    mysql.signal('SIGCONT')
  }
  expect(ms).toBeLessThan(500 + 2000 + 1500)
  await using again = mysqlWarehouse(url, patience)
  const second = working(queue, again)
  await until(() => isEmpty(queue), soon())
  second.abort()
  await second.running
  expect(second.sink.counters).toMatchObject({ messages: 4, applied: 20 })
})

test('a sink goes on by itself when a stopped server continues', async () => {
  const { warehouse } = await warehouseFor(history)
  const { queue, mostReceived } = await queueWith(messagesOf(await someHistory(20), 5))
  const { sink, running, abort, warnings } = working(queue, warehouse)
  mysql.signal('SIGSTOP')
  try {
    await until(() => warnings.length >= 2, soon())
  } finally {
    mysql.signal('SIGCONT')
  }
  await until(() => isEmpty(queue), soon())
  abort()
  await running
  expect(sink.counters).toMatchObject({ messages: 4, applied: 20, quarantined: 0 })
  expect(mostReceived()).toBe(1)
})

interface Said {
  readonly _id: number
  readonly seq: number
  readonly type: 'said'
  readonly at: Date
  readonly text: unknown
}
const saying = fact('saying', { key: { id: c.int() }, measures: { text: c.text() } })
const sayings = defineMigration<Said>()({
  name: 'sayings',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { saying },
  on: { said: (e) => saying.create({ id: e._id }, { text: e.text as string }) },
})
const said = (id: number, text: unknown): Uint8Array =>
  encodeEvent({ _id: id, seq: id, type: 'said', at: new Date(0), text })

test('with a max_allowed_packet of 1 MiB, rows that fit are written, and no other row stops a batch', async () => {
  const { warehouse: owner, url } = await warehouseFor(sayings)
  await owner.close()
  await mysql.set(`SET GLOBAL max_allowed_packet = ${2 ** 20}`)
  onTestFinished(() => mysql.set(`SET GLOBAL max_allowed_packet = ${16 * 2 ** 20}`))
  await using warehouse = mysqlWarehouse(url, patience)
  const applier = createApplier(compile(sayings), warehouse)
  const batch = [
    ...Array.from({ length: 40 }, (_, id) => said(id, 'é'.repeat(60_000 + id))),
    said(50, 'x'.repeat(1_000_000)),
    said(51, 'x'.repeat(2 ** 20)),
    // Does not fit its column, and its body does not fit the quarantine.
    said(52, { not: 'a text', but: 'x'.repeat(3 * 2 ** 20) }),
    said(53, 7),
  ]
  expect(await applier.apply(batch, 'live')).toMatchObject({ applied: 41, quarantined: 3, unrecorded: 0 })
  const rows = await sql(url, 'SELECT reason, LENGTH(body) AS bytes FROM _quarantine_sayings')
  const byBytes = rows.toSorted((a, b) => Number(a['bytes']) - Number(b['bytes']))
  expect(byBytes.map(({ bytes }) => Number(bytes) > 0)).toEqual([false, false, true])
  expect(
    byBytes.map(({ reason }) => String(reason)).filter((reason) => reason.includes('are not kept here')),
  ).toHaveLength(2)
  expect(await sql(url, 'SELECT COUNT(*) AS n FROM _receipt_sayings')).toEqual([{ n: 44 }])
  expect(await applier.quarantine([{ body: Buffer.alloc(3 * 2 ** 20), reason: 'Not a message.' }])).toBe(0)
})
