import type { Flags } from 'changeover/flags'
import { observe, type Observer } from 'changeover/observer'
import type { QueueSender } from 'changeover/queue'
import mongoose from 'mongoose'
import { createApp } from './app.ts'
import { couriers } from './migration.ts'
import { eventModel } from './model.ts'

export interface StartOptions {
  readonly mongoUrl: string
  readonly queue: QueueSender
  readonly flags: Flags
  /** @defaultValue any free port */
  readonly port?: number
}

/** A running service. */
export interface Running {
  readonly url: string
  readonly observer: Observer
  close(): Promise<void>
}

/** Connects, observes, listens. */
export async function start({ mongoUrl, queue, flags, port = 0 }: StartOptions): Promise<Running> {
  const connection = await mongoose.createConnection(mongoUrl, { monitorCommands: true }).asPromise()
  const observer = observe(connection.getClient(), couriers, { queue, flags }) // the one line
  const app = createApp(eventModel(connection))
  // After the current requests and before the database is closed: sends what they captured.
  app.addHook('onClose', async () => {
    await observer.close({ timeoutMs: 5000 })
    await connection.close()
  })
  return { url: await app.listen({ port, host: '127.0.0.1' }), observer, close: () => app.close() }
}
