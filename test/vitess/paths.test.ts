import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { FileCreated } from '../../examples/history/events.ts'
import { history } from '../../examples/history/migration.ts'
import { commitsByAuthorReport, commitsByYearReport, filesByFolderReport } from '../../examples/history/reports.ts'
import { createApplier } from '../../src/apply/index.ts'
import { until } from '../../src/core/index.ts'
import { encodeEvent } from '../../src/event/index.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { generationsTable } from '../../src/ledger/generations.ts'
import { countWithoutReceipt, ledgerOf, schemaOf } from '../../src/ledger/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { createSink } from '../../src/sink/index.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { memoryWarehouse, mysqlWarehouse, type ReadPort, type Warehouse } from '../../src/warehouse/index.ts'
import { fileCreated, someHistory } from '../migrate/history.ts'
import { isEmpty, messagesOf, sendAll } from '../sink/sinking.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { shardedWarehouse } from './keyspace.ts'

const schema = schemaOf([history])
// All but the definitions: they are registered once, before all tests.
const internal = schema.internal.filter(({ name }) => name !== generationsTable.name)
const relations = [...Object.values(history.tables).flatMap(relationsOf), ...internal]
const { receipts, quarantine } = ledgerOf(history)

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await shardedWarehouse(schema, [history])
})
afterAll(() => warehouse.close())
beforeEach(async () => {
  for (const relation of relations) await warehouse.clear(relation)
})

/** The buckets of the tables that hold what events did. */
const sums = (target: ReadPort) =>
  Promise.all([...Object.values(history.tables).flatMap(relationsOf), receipts].map((each) => target.buckets(each)))

async function inMemory(events: readonly object[]) {
  const memory = memoryWarehouse()
  await createApplier(compile(history), memory).apply(
    events.map((event) => encodeEvent(event)),
    'migrated',
  )
  return memory
}

describe('on two shards', () => {
  test('a migration and sinks at the same time leave what the events say, with a receipt per event', async () => {
    const events = await someHistory(3000)
    const source = memoryEvents(
      events.map((event) => encodeEvent(event)),
      history,
    )
    const queue = memoryQueue()
    await sendAll(queue, messagesOf(events.slice(1000), 25))
    const stop = new AbortController()
    const sinks = [1, 2].map(() =>
      createSink(history, { queue, warehouse, waitSeconds: 1 }).run({ signal: stop.signal }),
    )
    expect(await migrate(history, { source, warehouse, batchEvents: 200 })).toMatchObject({
      events: 3000,
      applied: 3000,
    })
    await until(() => isEmpty(queue), { signal: AbortSignal.timeout(60_000) })
    stop.abort()
    await Promise.all(sinks)
    expect(await sums(warehouse)).toEqual(await sums(await inMemory(events)))
    expect(await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)).toBe(0)
  })

  test('sinks that write the same rows do not wait for each other across shards', async () => {
    const events = (await someHistory(1500)).map((event) => encodeEvent(event))
    await using another = mysqlWarehouse(inject('vitessUrl'))
    const before = warehouse.counters.lockConflicts
    const targets = [warehouse, another, warehouse, another]
    await Promise.all(
      targets.map(async (target, number) => {
        const applier = createApplier(compile(history), target)
        for (let i = 0; i < events.length; i += 150) {
          const at = (i + number * 300) % events.length
          await applier.apply(events.slice(at, at + 150), 'live')
        }
      }),
    )
    expect([warehouse.counters.lockConflicts - before, another.counters.lockConflicts]).toEqual([0, 0])
  })

  test('the reports of the example give the rows that they give on one server', async () => {
    await using plain = await freshWarehouse([history])
    const events = (await someHistory(3000)).map((event) => encodeEvent(event))
    for (const target of [warehouse, plain.warehouse])
      await createApplier(compile(history), target).apply(events, 'live')
    let count = 0
    for (const report of [filesByFolderReport, commitsByYearReport, commitsByAuthorReport]) {
      const rows: readonly object[] = await report.warehouse({}, warehouse)
      expect(rows).toEqual(await report.warehouse({}, plain.warehouse))
      count += rows.length
    }
    expect(count).toBeGreaterThan(0)
  })

  test('a migration that was stopped resumes', async () => {
    const events = await someHistory(1200)
    const source = memoryEvents(
      events.map((event) => encodeEvent(event)),
      history,
    )
    const stop = new AbortController()
    let left = 3
    const onProgress = (): void => {
      if (--left === 0) stop.abort(new Error('stopped here'))
    }
    const options = { source, warehouse, batchEvents: 50 }
    await expect(migrate(history, { ...options, onProgress, signal: stop.signal })).rejects.toThrow('stopped here')
    expect(await migrate(history, options)).toMatchObject({ resumed: true })
    expect(await sums(warehouse)).toEqual(await sums(await inMemory(events)))
  })

  test('an event that is applied after it was quarantined leaves the quarantine', async () => {
    const events = Array.from({ length: 40 }, (_, i) => fileCreated(i + 1))
    const applier = createApplier(compile(history), warehouse)
    // Bodies as an application with another schema would send them, with the same ids.
    const broken = events.map((event): FileCreated => ({ ...event, entity: { ...event.entity, id: 7 as never } }))
    expect(
      await applier.apply(
        broken.map((event) => encodeEvent(event)),
        'live',
      ),
    ).toMatchObject({ quarantined: 40 })
    expect((await Array.fromAsync(warehouse.scan(quarantine))).flat()).toHaveLength(40)
    const later = events.slice(0, 30).map((event) => encodeEvent(event))
    expect(await applier.apply(later, 'migrated')).toMatchObject({ applied: 30 })
    expect((await Array.fromAsync(warehouse.scan(quarantine))).flat()).toHaveLength(10)
  })

  test('a warehouse that takes writes is known by a call without rows', async () => {
    for (const relation of relations) await warehouse.merge(relation, [])
  })
})

const tally = fact('tally', { key: { id: c.int() }, measures: { size: c.int() } })
const tallies = defineMigration<{ _id: number; seq: number; type: 'counted'; at: Date; id: number; size: number }>()({
  name: 'tallies',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { tally },
  on: { counted: (e) => tally.create({ id: e.id }, { size: e.size }) },
})

test('facts with conflicting contents are counted and listed across shards', async () => {
  const own = await shardedWarehouse(schemaOf([tallies]), [tallies])
  try {
    const memory = memoryWarehouse()
    const events = Array.from({ length: 120 }, (_, i) =>
      encodeEvent({
        _id: i,
        seq: i,
        type: 'counted',
        at: new Date(0),
        id: i % 60,
        size: i < 60 || i % 2 === 0 ? 1 : 2,
      }),
    )
    for (const target of [own, memory]) await createApplier(compile(tallies), target).apply(events.slice(0, 60), 'live')
    for (const target of [own, memory]) await createApplier(compile(tallies), target).apply(events.slice(60), 'live')
    const found = await own.conflicts([tally])
    expect(found).toEqual(await memory.conflicts([tally]))
    expect(found[0]).toMatchObject({ table: 'tally', count: 30 })
  } finally {
    await own.close()
  }
})
