import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { inject, onTestFinished } from 'vitest'
import { InMemStorageProvider, Unleash, type UnleashConfig } from 'unleash-client'
import { flagAdmin, type FlagAdmin } from '../../dev/stack/unleash-admin.ts'
import { destroyUnleash } from '../../src/flags/index.ts'

/** How often the clients of these tests poll, in milliseconds. */
export const POLL_MS = 1000

/** A real Unleash server, and the admin API that switches its flags. */
export interface FlagServer {
  readonly url: string
  readonly tokens: { readonly development: string; readonly production: string }
  readonly admin: FlagAdmin
}

/** Why there is no server to test with; undefined when a server was requested. */
export const whyNone: string | undefined =
  inject('flags').kind === 'offline' ? 'no server was asked for: CHANGEOVER_UNLEASH=1 runs one' : undefined

/** The server of this run. Throws when one was requested and is not available, or when its flags cannot be switched. */
export function flagServer(): FlagServer {
  const source = inject('flags')
  if (source.kind === 'failed') throw new Error(`There is no Unleash: ${source.reason}`)
  const admin = flagAdmin(source)
  if (source.kind !== 'unleash' || !admin || !source.token || !source.productionToken) {
    throw new Error(
      'These tests switch flags: in addition to UNLEASH_URL, set UNLEASH_TOKEN, UNLEASH_PRODUCTION_TOKEN and UNLEASH_ADMIN_TOKEN.',
    )
  }
  return { url: source.url, tokens: { development: source.token, production: source.productionToken }, admin }
}

/** A new flag with a name that no other run uses, off in every environment. */
export async function freshFlag({ admin }: FlagServer): Promise<string> {
  const flag = `changeover.test_${randomBytes(6).toString('hex')}.write`
  await admin.create(flag)
  return flag
}

/** An application's instance, destroyed at the end of the test. */
export function clientOf(url: string, token: string, config: Partial<UnleashConfig> = {}): Unleash {
  const unleash = new Unleash({
    appName: 'test',
    url,
    customHeaders: { Authorization: token },
    refreshInterval: POLL_MS,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    storageProvider: new InMemStorageProvider(),
    ...config,
  })
  onTestFinished(() => destroyUnleash(unleash))
  return unleash
}

/** A proxy to a server; `cut` closes its connections and refuses new ones until `mend`. */
export async function cuttable(target: string): Promise<{ url: string; cut: () => void; mend: () => void }> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          client.destroy()
          upstream.destroy()
          sockets.delete(socket)
        })
    }
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return { url: url.href, cut, mend: () => void (isCut = false) }
}
