// node examples/express/main.ts: see README.md for the environment variables.
import { connectionsOf } from '../connections.ts'
import { start } from './start.ts'

const { MONGODB_URL: mongoUrl, PORT: port = '3000' } = process.env
if (mongoUrl === undefined) throw new Error('MONGODB_URL is not set.')
const connections = connectionsOf(process.env, 'shop', 'changeover.shop.write')
const shop = await start({ mongoUrl, queue: connections.queue, flags: connections.flags, port: Number(port) })
console.log(`the shop is at ${shop.url}`)

let closing: Promise<void> | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    closing ??= shop.close().finally(() => connections.close())
  })
}
