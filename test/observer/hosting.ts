import type { Collection, MongoClient } from 'mongodb'
import { onTestFinished } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { decodeMessage } from '../../src/event/message.ts'
import { fixedFlags, type FixedFlags } from '../../src/flags/index.ts'
import { countWithoutReceipt } from '../../src/ledger/index.ts'
import { heal, type HealOptions, type HealResult } from '../../src/migrate/index.ts'
import { mongoEvents } from '../../src/stream/index.ts'
import type { CoverageWindow, Heartbeat } from '../../src/coverage/format.ts'
import { observe, type ObserveOptions, type Observer } from '../../src/observer/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshMongo, freshWarehouse } from '../support/fresh.ts'
import { step, steps, STEPS_FLAG } from './steps.ts'
import { compile } from '../../src/mapping/index.ts'

export { step, steps, STEPS_FLAG }

/** A host, its observer, and the whole way to a warehouse. */
export interface Hosting {
  readonly url: string
  readonly client: MongoClient
  readonly events: Collection
  readonly coverage: Collection
  readonly flags: FixedFlags
  readonly queue: Queue
  readonly warehouse: Warehouse
  observer: Observer
  /** Begins another observer, as another process of the host would. */
  readonly observe: (options?: Partial<ObserveOptions>) => Observer
  /** Brings everything that is in the queue into the warehouse. */
  readonly sink: (queue?: Queue) => Promise<void>
  readonly heal: (options?: Partial<HealOptions>) => Promise<HealResult>
  /** How many events have no receipt. */
  readonly missing: () => Promise<number>
  readonly windows: () => Promise<CoverageWindow[]>
  readonly heartbeats: () => Promise<Heartbeat[]>
}

export async function hosting(options: Partial<ObserveOptions> = {}): Promise<Hosting> {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const { warehouse, ...target } = await freshWarehouse([steps])
  onTestFinished(() => target[Symbol.asyncDispose]())
  const { client, url } = mongo
  const db = client.db()
  // As in a real application: to heal a collection that does not exist is an error.
  await db.createCollection('events')
  const flags = fixedFlags({ [STEPS_FLAG]: true })
  const queue = memoryQueue()
  const start = (more: Partial<ObserveOptions> = {}): Observer => {
    const observer = observe(client, steps, {
      queue,
      flags,
      coverage: { heartbeatMs: 20 },
      ...options,
      ...more,
    })
    onTestFinished(() => observer.close({ timeoutMs: 0 }))
    return observer
  }
  return {
    url,
    client,
    events: db.collection('events'),
    coverage: db.collection('changeover_coverage'),
    flags,
    queue,
    warehouse,
    observer: start(),
    observe: start,
    async sink(from = queue) {
      const applier = createApplier(compile(steps), warehouse)
      for (;;) {
        const messages = await from.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
        if (messages.length === 0) return
        const decoded = messages.map(({ body }) => decodeMessage(body))
        await applier.apply(
          decoded.flatMap((message) => (message.outcome === 'malformed' ? [] : message.events)),
          'live',
        )
        await from.acknowledge(messages)
      }
    },
    heal: (more = {}) => heal(steps, { mongo: db, warehouse, ...more }),
    missing: () => countWithoutReceipt(steps, mongoEvents(db, steps).idsBetween(null, null), warehouse),
    windows: () =>
      db.collection<CoverageWindow>('changeover_coverage').find({ kind: 'window' }).sort({ openedAt: 1 }).toArray(),
    heartbeats: () => db.collection<Heartbeat>('changeover_coverage').find({ kind: 'heartbeat' }).toArray(),
  }
}
