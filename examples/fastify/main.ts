// node examples/fastify/main.ts: see README.md for the environment variables.
import { connectionsOf } from '../connections.ts'
import { start } from './start.ts'

const { MONGODB_URL: mongoUrl, PORT: port = '3000' } = process.env
if (mongoUrl === undefined) throw new Error('MONGODB_URL is not set.')
const connections = connectionsOf(process.env, 'couriers', 'changeover.couriers.write')
const service = await start({ mongoUrl, queue: connections.queue, flags: connections.flags, port: Number(port) })
console.log(`the service is at ${service.url}`)

let closing: Promise<void> | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    closing ??= service.close().finally(() => connections.close())
  })
}
