import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Flags } from 'changeover/flags'
import { observe, type Observer } from 'changeover/observer'
import type { QueueSender } from 'changeover/queue'
import { MongoClient } from 'mongodb'
import { createApp } from './app.ts'
import { shop } from './migration.ts'

export interface StartOptions {
  readonly mongoUrl: string
  readonly queue: QueueSender
  readonly flags: Flags
  /** @defaultValue any free port */
  readonly port?: number
}

/** A running shop. */
export interface Running {
  readonly url: string
  readonly observer: Observer
  close(): Promise<void>
}

/** Connects, observes, listens. */
export async function start({ mongoUrl, queue, flags, port = 0 }: StartOptions): Promise<Running> {
  const client = await new MongoClient(mongoUrl, { monitorCommands: true }).connect()
  const observer = observe(client, shop, { queue, flags }) // the one line
  const server = createApp(client.db()).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    observer,
    async close() {
      // First stop serving requests, then send what they captured, then close the database.
      server.close()
      await once(server, 'close')
      await observer.close({ timeoutMs: 5000 })
      await client.close()
    },
  }
}
