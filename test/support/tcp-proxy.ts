import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy in front of a server, which can fail in the ways of a network. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string
  /** How many silent connections the client has given up. */
  readonly abandoned: number
  /** From now on it accepts connections and takes what it is sent, and gives no answer. */
  silence(): void
  /** Lets answers pass again, on new connections; those of the silence are cut. */
  resume(): void
  /** Ends all connections at once. Gives their number. */
  cut(): number
  /** Passes on the next request that is of interest, drops the answer, and ends the connection; resolves then. */
  loseAnswerTo(isOfInterest: (request: Buffer) => boolean): Promise<void>
  /** Whether this local port is one of its connections to the server. */
  owns(port: number): boolean
}

/** A proxy in front of the server of a URL. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const url = new URL(target)
  /** The connections to the server, by those of the clients. */
  const pairs = new Map<Socket, Socket>()
  let isSilent = false
  let abandoned = 0
  let losing: { readonly isOfInterest: (request: Buffer) => boolean; readonly done: () => void } | undefined
  const server = createServer((client) => {
    const upstream = connect(Number(url.port), url.hostname)
    pairs.set(client, upstream)
    let lost: (() => void) | undefined
    const end = (): void => {
      client.destroy()
      upstream.destroy()
      pairs.delete(client)
      // Also when the server ends the connection instead of answering.
      lost?.()
    }
    client.on('data', (bytes: Buffer) => {
      if (isSilent) return
      if (losing?.isOfInterest(bytes)) {
        lost = losing.done
        losing = undefined
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (lost) end()
      else if (!isSilent) client.write(bytes)
    })
    client.on('error', end).on('close', () => {
      if (isSilent) abandoned++
      end()
    })
    upstream.on('error', end).on('close', end)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): number => {
    const count = pairs.size
    for (const [client, upstream] of pairs) {
      client.destroy()
      upstream.destroy()
    }
    pairs.clear()
    return count
  }
  const own = new URL(target)
  own.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: own.href,
    get abandoned() {
      return abandoned
    },
    silence: () => void (isSilent = true),
    resume() {
      cut()
      isSilent = false
    },
    cut,
    loseAnswerTo: (isOfInterest) => new Promise((done) => void (losing = { isOfInterest, done })),
    owns: (port) => [...pairs.values()].some(({ localPort }) => localPort === port),
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
    },
  }
}
