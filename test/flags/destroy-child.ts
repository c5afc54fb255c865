import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { destroyUnleash, unleashFlags } from '../../src/flags/index.ts'
import { offlineUnleash } from './offline.ts'

// Answers only after the instance is destroyed, and with an answer that it cannot use: the fetch then fails.
const server = createServer((_request, response) => {
  if (process.argv[2] === 'helped') destroyUnleash(unleash)
  else unleash.destroy()
  setImmediate(() => {
    response.end('this is no JSON')
    server.close()
  })
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
const unleash = offlineUnleash(undefined, { url, refreshInterval: 60_000, timeout: 5_000 })
const flags = unleashFlags(unleash)
unleash.on('error', () => {})
server.once('close', () => setTimeout(() => process.stdout.write(`alive, ${flags.isEnabled('any')}`), 100))
