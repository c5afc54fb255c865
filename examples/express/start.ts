import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { observe } from 'changeover/observer'
import { MongoClient } from 'mongodb'
import type { Running, StartOptions } from '../application.ts'
import { createApp } from './app.ts'
import { shop } from './migration.ts'

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
