import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { column as c, defineMigration, fact } from 'changeover'
import { unleashFlags, type Flags } from 'changeover/flags'
import { observe } from 'changeover/observer'
import { sqs } from 'changeover/queue'
import { MongoClient, ObjectId } from 'mongodb'
import { InMemStorageProvider, Unleash } from 'unleash-client'

export const DATABASE = 'changeover_bench'

/** A typical event of about 400 bytes. */
export interface BenchEvent {
  _id: ObjectId
  seq: number
  type: 'user.moved'
  entity: { kind: 'user'; id: string }
  actor: string
  at: Date
  payload: {
    from: string
    to: string
    x: number
    y: number
    speed: number
    device: string
    tags: string[]
    note: string
  }
}

const moved = fact('moved', {
  key: { event_id: c.objectId() },
  dimensions: { day: c.date() },
  measures: { user_id: c.varchar(40), place: c.varchar(40) },
})

export const MIGRATION = defineMigration<BenchEvent>()({
  name: 'bench',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at', entity: 'entity.id' },
  tables: { moved },
  on: {
    'user.moved': (e) => moved.create({ event_id: e._id }, { day: e.at, user_id: e.entity.id, place: e.payload.to }),
  },
})

export function benchEvent(seq: number): BenchEvent {
  return {
    _id: new ObjectId(),
    seq,
    type: 'user.moved',
    entity: { kind: 'user', id: `user-${seq % 5000}` },
    actor: `session-${seq % 700}`,
    at: new Date(),
    payload: {
      from: `place-${seq % 311}`,
      to: `place-${seq % 313}`,
      x: seq * 0.37,
      y: seq * 0.73,
      speed: (seq % 40) / 3,
      device: 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36',
      tags: ['indoor', 'walking', `wave-${seq % 9}`],
      note: `seen by beacon ${seq % 997} on floor ${seq % 12}`,
    },
  }
}

/** One way to send events on, or not to; each has its own client. */
export interface Mode {
  readonly name: string
  /** What the host does for one event, and awaits. */
  insert(event: BenchEvent): Promise<unknown>
  /** Resolves when no background work is left. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** The modes to compare, the baseline first. The control is the baseline again, so its difference is noise. */
export const MODES = ['no observer', 'control', 'monitored', 'flag off', 'flag on', 'by hand'] as const
export type ModeName = (typeof MODES)[number]

/** Where a mode writes and sends to. */
export interface Target {
  readonly mongoUrl: string
  readonly queueClient: SQSClient
  readonly queueUrl: string
}

export async function openMode(name: ModeName, { mongoUrl, queueClient, queueUrl }: Target): Promise<Mode> {
  const monitorCommands = name === 'monitored' || name === 'flag off' || name === 'flag on'
  const url = new URL(mongoUrl)
  url.pathname = `/${DATABASE}`
  const client = await new MongoClient(url.href, { monitorCommands, serverSelectionTimeoutMS: 5_000 }).connect()
  const events = client.db().collection<BenchEvent>('events')
  const plain: Mode = {
    name,
    insert: (event) => events.insertOne(event),
    settle: async () => {},
    close: () => client.close(),
  }
  if (name === 'by hand') {
    return {
      ...plain,
      async insert(event) {
        await events.insertOne(event)
        await queueClient.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }))
      },
    }
  }
  if (name !== 'flag off' && name !== 'flag on') return plain
  const observer = observe(client, MIGRATION, {
    queue: sqs(queueClient, queueUrl),
    flags: await flagsOf(name === 'flag on'),
  })
  return {
    ...plain,
    async settle() {
      while (observer.backlog > 0) await observer.flush()
    },
    async close() {
      const { captured, published, missed } = observer.counters
      const expected = name === 'flag on' ? captured === published && captured > 0 : captured === 0
      if (!expected) throw new Error(`${name}: ${captured} captured, ${published} published, ${JSON.stringify(missed)}`)
      await observer.close()
      await client.close()
    },
  }
}

/** A real SDK, so that its cost per evaluation is included. */
export async function flagsOf(enabled: boolean): Promise<Flags> {
  const flag = { name: 'changeover.bench.write', type: 'release', enabled, project: 'default', stale: false }
  const flags = unleashFlags(
    new Unleash({
      url: 'http://127.0.0.1:1/api',
      appName: 'bench',
      bootstrap: { data: [{ ...flag, strategies: [], variants: [], impressionData: false }] },
      storageProvider: new InMemStorageProvider(),
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
    }),
  )
  await flags.ready(AbortSignal.timeout(5_000))
  return flags
}
