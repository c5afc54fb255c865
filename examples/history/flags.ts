import { destroyUnleash, unleashFlags, type FlagContext, type Flags } from 'changeover/flags'
import { InMemStorageProvider, Unleash } from 'unleash-client'
import type { FlagSource } from '../../dev/stack/index.ts'
import { flagAdmin } from '../../dev/stack/unleash-admin.ts'

export const WRITE_FLAG = 'changeover.history.write'

/** The flag of the demonstration, with its switch. */
export interface Switch extends AsyncDisposable {
  readonly flags: Flags
  readonly what: string
  turnOn(): Promise<void>
}

/** A flag from a real Unleash server if there is one, or else from unleash-client without a server. */
export async function flagSwitch(source: FlagSource): Promise<Switch> {
  return source.kind === 'unleash' ? served(source) : offline()
}

async function served(source: Extract<FlagSource, { kind: 'unleash' }>): Promise<Switch> {
  const { url, token } = source
  const admin = flagAdmin(source)
  await admin?.create(WRITE_FLAG)
  await admin?.turn(WRITE_FLAG, 'development', false)
  const unleash = new Unleash({
    url,
    appName: 'changeover-history',
    refreshInterval: 1000,
    disableMetrics: true,
    storageProvider: new InMemStorageProvider(),
    ...(token === undefined ? {} : { customHeaders: { Authorization: token } }),
  })
  const flags = unleashFlags(unleash)
  await flags.ready(AbortSignal.timeout(10_000))
  return {
    flags,
    what: `${WRITE_FLAG} at ${url}`,
    // Without an admin token, only the server's own users can switch it.
    async turnOn() {
      await admin?.turn(WRITE_FLAG, 'development', true)
      const deadline = AbortSignal.timeout(30_000)
      while (!flags.isEnabled(WRITE_FLAG)) {
        if (deadline.aborted)
          throw new Error(`The flag ${WRITE_FLAG} is off at ${url}. Turn it on there and start again.`)
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    },
    [Symbol.asyncDispose]: async () => destroyUnleash(unleash),
  }
}

async function offline(): Promise<Switch> {
  const off = await bootstrapped(false)
  const on = await bootstrapped(true)
  let current = off
  const flags: Flags = {
    isEnabled: (name: string, context?: FlagContext) => current.flags.isEnabled(name, context),
    ready: (signal) => current.flags.ready(signal),
    get isReady() {
      return current.flags.isReady
    },
  }
  return {
    flags,
    what: `${WRITE_FLAG}, unleash-client without a server`,
    turnOn: async () => void (current = on),
    async [Symbol.asyncDispose]() {
      destroyUnleash(off.unleash)
      destroyUnleash(on.unleash)
    },
  }
}

async function bootstrapped(enabled: boolean): Promise<{ unleash: Unleash; flags: Flags }> {
  const unleash = new Unleash({
    url: 'http://127.0.0.1:1/api',
    appName: 'changeover-history',
    bootstrap: {
      data: [
        {
          name: WRITE_FLAG,
          type: 'release',
          enabled,
          project: 'default',
          stale: false,
          strategies: [],
          variants: [],
          impressionData: false,
        },
      ],
    },
    storageProvider: new InMemStorageProvider(),
    refreshInterval: 0,
    disableMetrics: true,
    skipInstanceCountWarning: true,
  })
  const flags = unleashFlags(unleash)
  await flags.ready(AbortSignal.timeout(5000))
  return { unleash, flags }
}
