import { randomUUID } from 'node:crypto'
import { observe } from 'changeover/observer'
import type { QueueSender } from 'changeover/queue'
import { Binary, Long, MongoClient } from 'mongodb'
import { DATABASE, MIGRATION, benchEvent, flagsOf } from './observer-host.ts'
import { spread } from './observer-measure.ts'

/** CPU time per insert of the observer alone, in microseconds: no driver, no network. Medians and quartiles. */
export interface Listeners {
  readonly off: { readonly median: number; readonly low: number; readonly high: number }
  /** Includes serialising, buffering, packing and compressing, but not the SQS client. */
  readonly on: { readonly median: number; readonly low: number; readonly high: number }
}

const TAKES = 40
const INSERTS = 5_000
/** As many as a busy host makes in one or two turns of its event loop. */
const AT_ONCE = 100

/** Emits the driver's events for inserts, without making the inserts. */
export async function measureListeners(mongoUrl: string): Promise<Listeners> {
  return { off: await takesOf(mongoUrl, false), on: await takesOf(mongoUrl, true) }
}

async function takesOf(mongoUrl: string, enabled: boolean): Promise<Listeners['on']> {
  const url = new URL(mongoUrl)
  url.pathname = `/${DATABASE}`
  const client = await new MongoClient(url.href, { monitorCommands: true }).connect()
  const observer = observe(client, MIGRATION, { queue: atOnce, flags: await flagsOf(enabled) })
  const takes: number[] = []
  for (let take = 0; take < TAKES; take++) {
    // Created in advance, because the host has them anyway.
    const commands = Array.from({ length: INSERTS }, (_, i) => insertOf(take * INSERTS + i))
    const before = process.cpuUsage()
    for (let i = 0; i < INSERTS; i += AT_ONCE) {
      for (const { started, succeeded } of commands.slice(i, i + AT_ONCE)) {
        client.emit('commandStarted', started as never)
        client.emit('commandSucceeded', succeeded as never)
      }
      await new Promise(setImmediate)
    }
    while (observer.backlog > 0) await observer.flush()
    const { user, system } = process.cpuUsage(before)
    // The first ones include compilation.
    if (take >= TAKES / 4) takes.push((user + system) / INSERTS)
  }
  const { captured } = observer.counters
  if (captured !== (enabled ? TAKES * INSERTS : 0)) throw new Error(`${captured} events were captured`)
  await observer.close()
  await client.close()
  return spread(takes)
}

/** A queue that costs nothing. */
const atOnce: QueueSender = {
  limits: { messageBytes: 262_144, batchBytes: 262_144, batchEntries: 10 },
  send: async (messages) => messages.map(({ id }) => ({ id, status: 'sent' })),
}

const session = { id: new Binary(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), 4) }

function insertOf(requestId: number): { started: object; succeeded: object } {
  const about = {
    requestId,
    connectionId: 1,
    address: '127.0.0.1:27017',
    databaseName: DATABASE,
    commandName: 'insert',
  }
  const command = { insert: 'events', documents: [benchEvent(requestId)], ordered: true, lsid: session, $db: DATABASE }
  return {
    started: { ...about, command: { ...command, txnNumber: Long.fromNumber(requestId) } },
    succeeded: { ...about, reply: { n: 1, ok: 1 }, duration: 1 },
  }
}
