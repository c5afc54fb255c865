import type { Collection, Document, MongoClient, MongoClientOptions } from 'mongodb'
import { onTestFinished } from 'vitest'
import { defineMigration } from '../../src/mapping/index.ts'
import { column as c, fact } from '../../src/star/index.ts'
import { decodeEvent } from '../../src/event/codec.ts'
import { decodeMessage } from '../../src/event/message.ts'
import { fixedFlags, type FixedFlags } from '../../src/flags/index.ts'
import { observe, type ObserveOptions, type Observer } from '../../src/observer/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import { freshMongo } from '../support/fresh.ts'

type Movement = { _id: number; seq: number; type: 'moved'; at: Date } | { _id: number; seq: number; type: 'blinked' }

const moved = fact('moved', { key: { id: c.int() }, dimensions: { day: c.date() } })

/** Takes `moved`, ignores `blinked`, and has never heard of anything else. */
export const movements = defineMigration<Movement>()({
  name: 'movements',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { moved },
  on: { moved: (e) => moved.create({ id: e._id }, { day: e.at }), blinked: 'ignore' },
})

export const FLAG = 'changeover.movements.write'

/** Everything that a test of the observer has to do with. */
export interface Observing {
  readonly client: MongoClient
  readonly events: Collection
  readonly observer: Observer
  readonly flags: FixedFlags
  readonly queue: Queue
  /** Sends what is waiting, and returns all events that have reached the queue since the last call. */
  readonly sent: () => Promise<Record<string, unknown>[]>
}

/** An observer at work on a client and a database of its own, with the flag on. */
export async function observing(
  options: Partial<ObserveOptions> = {},
  clientOptions: MongoClientOptions = {},
): Promise<Observing> {
  const mongo = await freshMongo(clientOptions)
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const queue = memoryQueue()
  const flags = fixedFlags({ [FLAG]: true })
  const observer = observe(mongo.client, movements, { queue, flags, ...options })
  onTestFinished(() => observer.close({ timeoutMs: 0 }))
  return {
    client: mongo.client,
    events: mongo.client.db().collection('events'),
    observer,
    flags,
    queue,
    async sent() {
      await observer.flush()
      return eventsIn(queue)
    },
  }
}

/** Takes all events out of a queue, in the order in which they came. */
export async function eventsIn(queue: Queue): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = []
  for (;;) {
    const messages = await queue.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 60 })
    if (messages.length === 0) return events
    await queue.acknowledge(messages)
    for (const { body } of messages) {
      const decoded = decodeMessage(body)
      if (decoded.outcome === 'malformed') throw new Error(decoded.reason)
      events.push(...decoded.events.map(decodeEvent))
    }
  }
}

/** An event of the type that the mapping takes. */
export function moving(id: unknown, more: Document = {}): Document {
  return { _id: id, seq: 1, type: 'moved', at: new Date(0), ...more }
}

export function idsOf(events: readonly Document[]): unknown[] {
  return events.map((event) => event['_id'])
}
