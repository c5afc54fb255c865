import { redactUrl } from '../../src/core/index.ts'
import { mustListen } from './given.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'
import { runUnleash } from './unleash.ts'

/** Where feature flags come from. */
export type FlagSource =
  | {
      readonly kind: 'unleash'
      readonly url: string
      /** A backend token for the environment `development`. */
      readonly token: string | undefined
      /** A backend token for the environment `production`. */
      readonly productionToken: string | undefined
      readonly adminUrl: string
      /** Allows its holder to create flags and switch them. */
      readonly adminToken: string | undefined
    }
  /** The caller passes unleash-client its own bootstrap. */
  | { readonly kind: 'offline' }

export async function findFlags(context: Context): Promise<Running<FlagSource>> {
  const { env } = context.machine
  const { UNLEASH_URL: url, UNLEASH_TOKEN: token } = env
  const { UNLEASH_PRODUCTION_TOKEN: productionToken, UNLEASH_ADMIN_TOKEN: adminToken } = env
  if (url) {
    await mustListen('UNLEASH_URL', url, url.startsWith('https:') ? 443 : 80, context.signal)
    const adminUrl = `${url.replace(/\/+$/, '')}/admin`
    return given({ kind: 'unleash', url, token, productionToken, adminUrl, adminToken }, 'UNLEASH_URL', redactUrl(url))
  }
  if (isWanted(env)) return await runUnleash(context)
  return {
    value: { kind: 'offline' },
    why: "unleash-client's offline bootstrap (no UNLEASH_URL, no CHANGEOVER_UNLEASH=1)",
    stop: async () => {},
  }
}

/** Takes a minute to install and 450 MB of memory to run, so developers opt in. In CI it is on by default. */
function isWanted({ CHANGEOVER_UNLEASH: wanted, CI: ci }: NodeJS.ProcessEnv): boolean {
  return wanted ? wanted === '1' : ci === 'true' || ci === '1'
}
