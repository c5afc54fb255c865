import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { until } from '../../src/core/abort.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { mysqlWarehouse } from '../../src/warehouse/index.ts'
import { someHistory } from '../migrate/history.ts'
import { isEmpty, messagesOf } from '../sink/sinking.ts'
import { startOwnMysql, type OwnMysql } from '../support/own-mysql.ts'
import { sql } from '../support/sql.ts'
import { patience, queueWith, soon, warehouseFor, working } from './working.ts'

let mysql: OwnMysql
beforeAll(async () => {
  mysql = await startOwnMysql()
  return () => mysql[Symbol.asyncDispose]()
})
afterAll(() => mysql.signal('SIGCONT'))

test('a sink that is stopped while the server is silent in mid-statement ends within its grace, and loses nothing', async () => {
  const { warehouse, url } = await warehouseFor(mysql, history)
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
  const { warehouse } = await warehouseFor(mysql, history)
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
  const { warehouse: owner, url } = await warehouseFor(mysql, sayings)
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
