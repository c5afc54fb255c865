import type { Flags } from 'changeover/flags'
import type { Observer } from 'changeover/observer'
import type { QueueSender } from 'changeover/queue'
import { connectionsOf } from './connections.ts'

/** What an application is started with. */
export interface StartOptions {
  readonly mongoUrl: string
  readonly queue: QueueSender
  readonly flags: Flags
  /** @defaultValue any free port */
  readonly port?: number
}

/** A running application. */
export interface Running {
  readonly url: string
  readonly observer: Observer
  close(): Promise<void>
}

/** Starts an application with what the environment names, and closes it on SIGINT and SIGTERM. */
export async function runApplication(
  { name, migration }: { name: string; migration: string },
  start: (options: StartOptions) => Promise<Running>,
): Promise<void> {
  const { MONGODB_URL: mongoUrl, PORT: port = '3000' } = process.env
  if (mongoUrl === undefined) throw new Error('MONGODB_URL is not set.')
  const { queue, flags, close } = connectionsOf(process.env, migration, `changeover.${migration}.write`)
  const running = await start({ mongoUrl, queue, flags, port: Number(port) })
  console.log(`the ${name} is at ${running.url}`)

  let closing: Promise<void> | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      closing ??= running.close().finally(() => close())
    })
  }
}
