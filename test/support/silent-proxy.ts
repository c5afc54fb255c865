import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP proxy that can fall silent: it accepts connections and takes what it is sent, and gives no answer. */
export interface SilentProxy {
  readonly url: string
  silence(): void
  /** Lets answers pass again, on new connections; those of the silence are cut. */
  resume(): void
}

/** A proxy in front of the server of a URL; it ends with the test. */
export async function startSilentProxy(target: string): Promise<SilentProxy> {
  const url = new URL(target)
  const sockets = new Set<Socket>()
  let isSilent = false
  const server = createServer((client) => {
    const upstream = connect(Number(url.port), url.hostname)
    client.on('data', (bytes) => isSilent || upstream.write(bytes))
    upstream.on('data', (bytes) => isSilent || client.write(bytes))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one) && other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const own = new URL(target)
  own.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: own.href,
    silence: () => void (isSilent = true),
    resume() {
      for (const socket of sockets) socket.destroy()
      isSilent = false
    },
  }
}
