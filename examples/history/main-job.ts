import { setTimeout as delay } from 'node:timers/promises'
import {
  countWithoutReceipt,
  migrate,
  mongoEvents,
  planWarehouse,
  type EventSource,
  type MigrateResult,
} from 'changeover/migrate'
import { observe, type Observer } from 'changeover/observer'
import type { Queue } from 'changeover/queue'
import { reconcile, type ReportResult } from 'changeover/reconcile'
import { createSink, type Sink } from 'changeover/sink'
import type { Warehouse } from 'changeover/warehouse'
import { sql } from 'kysely'
import type { Collection, MongoClient } from 'mongodb'
import config from './changeover.config.ts'
import { chaos, seeded, shuffled } from './chaos.ts'
import type { RepositoryEvent } from './events.ts'
import type { Switch } from './flags.ts'
import { history } from './migration.ts'

/** The servers and the settings of the main job. */
export interface Connections {
  /** The application's own client, with `monitorCommands`. */
  readonly client: MongoClient
  readonly queue: Queue
  readonly warehouse: Warehouse
  readonly write: Switch
}

/** The result of the main job: the figures on the screen. */
export interface MainJobResult {
  readonly seed: number
  readonly events: { readonly total: number; readonly history: number; readonly live: number }
  readonly observer: {
    readonly whileOff: number
    readonly captured: number
    readonly published: number
    readonly messages: number
  }
  /** `arrivedLive` counts distinct events; `absorbed` counts repetitions, by the queue or by the migration. */
  readonly sinks: {
    readonly received: readonly number[]
    readonly arrivedLive: number
    readonly duplicatedMessages: number
    readonly absorbed: number
  }
  readonly migration: Pick<MigrateResult, 'events' | 'applied' | 'quarantined' | 'late' | 'unmapped'>
  readonly receipts: Readonly<Record<string, number>>
  /** Events of the collection that have no receipt. */
  readonly missing: number
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly visible: number }>>
  readonly warehouse: { readonly statements: number; readonly retries: number; readonly lockConflicts: number }
  readonly seconds: { readonly load: number; readonly live: number; readonly migrate: number; readonly total: number }
  readonly reports: Readonly<Record<string, ReportResult>>
  readonly agree: boolean
}

const HISTORY_SHARE = 0.7
const DUPLICATE_SHARE = 0.2
const SINKS = 2
const WRITERS = 4
const MAX_BURST = 20
const LOAD_BATCH = 1000
const CAUGHT_UP_WITHIN_MS = 120_000

/** A whole migration: history, live traffic, and the comparison of the reports. */
export async function runMainJob(
  { client, queue, warehouse, write }: Connections,
  events: readonly RepositoryEvent[],
  { seed, say }: { readonly seed: number; readonly say: (line: string) => void },
): Promise<MainJobResult> {
  const start = performance.now()
  const random = seeded(seed)
  const collection = client.db().collection<RepositoryEvent>('events')
  const source = mongoEvents(client.db(), history)
  const cut = Math.floor(events.length * HISTORY_SHARE)
  const [past, live] = [events.slice(0, cut), shuffled(events.slice(cut), random)]

  await warehouse.apply((await planWarehouse(warehouse, [history])).steps)

  const rough = chaos(queue, random, DUPLICATE_SHARE)
  const observer = observe(client, history, {
    queue: rough,
    flags: write.flags,
    limits: { batchEvents: 50, lingerMs: 10 },
  })

  say(`loading ${past.length} events as history, with the flag off`)
  await collection.createIndex({ seq: 1 })
  const load = await timed(async () => {
    for (let i = 0; i < past.length; i += LOAD_BATCH) await collection.insertMany(past.slice(i, i + LOAD_BATCH))
  })
  const whileOff = observer.counters.missed['flag-off'] ?? 0

  await write.turnOn()
  const stop = new AbortController()
  const sinks = Array.from({ length: SINKS }, () =>
    createSink(history, { queue, warehouse, waitSeconds: 1, batchMessages: 10 }),
  )
  const working = Promise.all(sinks.map((sink) => sink.run({ signal: stop.signal })))
  let migration: MigrateResult
  let migrating: number
  let living: number
  try {
    say(`the flag is on: ${live.length} events as live traffic into ${SINKS} sinks, alongside the migration`)
    const traffic = timed(() => liveTraffic(collection, live, random))
    const replay = timed(async () => (migration = await migrate(history, { source, warehouse, ranges: 4 })))
    // A sink that fails ends the wait.
    await Promise.race([
      Promise.all([traffic, replay]),
      working.then(() => Promise.reject(new Error('the sinks stopped'))),
    ])
    ;[living, migrating] = await Promise.all([traffic, replay])
    await observer.flush()
    await rough.release()
    say('waiting until every event has its receipt and the queue is empty')
    await Promise.race([caughtUp(queue, warehouse, source), working])
  } finally {
    stop.abort()
    await observer.close()
    await working
  }

  say('comparing the old reports with the new ones')
  const results = await reconcile(config.reports, { mongo: client.db(), warehouse })
  const receipts = await receiptCounts(warehouse)
  const missing = await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)
  return {
    seed,
    events: { total: events.length, history: past.length, live: live.length },
    observer: observerFigures(observer, whileOff),
    sinks: sinkFigures(sinks, receipts['live'] ?? 0, rough.duplicates, migration!),
    migration: migration!,
    receipts,
    missing,
    tables: await tableCounts(warehouse),
    warehouse: warehouse.counters,
    seconds: { load, live: living, migrate: migrating, total: (performance.now() - start) / 1000 },
    reports: Object.fromEntries(results.map((result) => [result.name, result])),
    agree:
      missing === 0 && (receipts['live'] ?? 0) === live.length && results.every(({ verdict }) => verdict === 'agree'),
  }
}

/** Writes as the application does: several writers, in bursts, with one event or a few per insert. */
async function liveTraffic(
  collection: Collection<RepositoryEvent>,
  events: readonly RepositoryEvent[],
  random: () => number,
): Promise<void> {
  let next = 0
  const writer = async (): Promise<void> => {
    while (next < events.length) {
      const burst = events.slice(next, next + 1 + Math.floor(random() * MAX_BURST))
      next += burst.length
      if (burst.length === 1) await collection.insertOne(burst[0]!)
      else await collection.insertMany(burst, { ordered: random() < 0.5 })
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
}

async function caughtUp(queue: Queue, warehouse: Warehouse, source: EventSource): Promise<void> {
  const deadline = AbortSignal.timeout(CAUGHT_UP_WITHIN_MS)
  for (;;) {
    const { visible, inFlight } = await queue.approximateDepth()
    if (visible + inFlight === 0) {
      const missing = await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)
      if (missing === 0) return
    }
    if (deadline.aborted)
      throw new Error(`Timed out after ${CAUGHT_UP_WITHIN_MS / 1000} s: ${visible + inFlight} messages pending.`)
    await delay(50)
  }
}

async function receiptCounts(warehouse: Warehouse): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, unknown>>`
    select count(*) as total, coalesce(sum(origin & 1 = 1), 0) as live, coalesce(sum(origin & 2 = 2), 0) as migrated,
      coalesce(sum(state & 3 = 2), 0) as applied, coalesce(sum(state & 3 = 0), 0) as quarantined
    from _receipt_history`.execute(warehouse.reader())
  return Object.fromEntries(Object.entries(rows[0]!).map(([name, value]) => [name, Number(value)]))
}

async function tableCounts(warehouse: Warehouse): Promise<MainJobResult['tables']> {
  const db = warehouse.reader<Record<string, Record<string, unknown>>>()
  const counted = Object.values(history.tables).map(async (table) => {
    const count = async (name: string): Promise<number> => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db)
      return rows[0]!.n
    }
    return [table.name, { rows: await count(table.layout.relation.name), visible: await count(table.name) }] as const
  })
  return Object.fromEntries(await Promise.all(counted))
}

function observerFigures({ counters }: Observer, whileOff: number): MainJobResult['observer'] {
  return { whileOff, captured: counters.captured, published: counters.published, messages: counters.messages }
}

function sinkFigures(
  sinks: readonly Sink[],
  arrivedLive: number,
  duplicatedMessages: number,
  migration: MigrateResult,
): MainJobResult['sinks'] {
  const received = sinks.map((sink) => sink.counters.received)
  const sum = received.reduce((total, count) => total + count, 0)
  return { received, arrivedLive, duplicatedMessages, absorbed: sum - arrivedLive + migration.late }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
