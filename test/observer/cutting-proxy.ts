import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP proxy that passes a command on and does not bring the answer: it cuts the line, or keeps silent. */
export interface CuttingProxy {
  readonly url: string
  /** Cuts the answers to the next `times` commands of this name. */
  cut(command: string, times?: number): void
  /** Keeps the answer to the next command of this name for itself, and leaves the line open. */
  swallow(command: string): void
  /** How many answers it has cut. */
  readonly cuts: number
}

/** A proxy in front of the server of a MongoDB URL; it ends with the test. */
export async function startCuttingProxy(mongoUrl: string): Promise<CuttingProxy> {
  const target = new URL(mongoUrl)
  let [name, left, cuts, isSilent] = ['', 0, 0, false]
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let isDoomed = false
    client.on('data', (bytes) => {
      // The name of a command is the name of its first field.
      isDoomed ||= left > 0 && bytes.includes(`${name}\0`)
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (!isDoomed) return void client.write(bytes)
      left--
      cuts++
      if (isSilent) return
      client.destroy()
      upstream.destroy()
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = new URL(mongoUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    get cuts() {
      return cuts
    },
    cut(command, times = 1) {
      ;[name, left, isSilent] = [command, times, false]
    },
    swallow(command) {
      ;[name, left, isSilent] = [command, 1, true]
    },
  }
}
