import { observe } from 'changeover/observer'
import mongoose from 'mongoose'
import type { Running, StartOptions } from '../application.ts'
import { createApp } from './app.ts'
import { couriers } from './migration.ts'
import { eventModel } from './model.ts'

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
