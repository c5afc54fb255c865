import { redactUrl } from '../../src/core/redact.ts'
import { mustListen } from './given.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'

/** Where feature flags come from. */
export type FlagSource =
  | { readonly kind: 'unleash'; readonly url: string; readonly token: string | undefined }
  /** The caller gives unleash-client a bootstrap of its own. */
  | { readonly kind: 'offline' }

export async function findFlags({ machine: { env }, signal }: Context): Promise<Running<FlagSource>> {
  const { UNLEASH_URL: url, UNLEASH_TOKEN: token } = env
  if (!url)
    return {
      value: { kind: 'offline' },
      why: "unleash-client's offline bootstrap (no UNLEASH_URL)",
      stop: async () => {},
    }
  await mustListen('UNLEASH_URL', url, url.startsWith('https:') ? 443 : 80, signal)
  return given({ kind: 'unleash', url, token }, 'UNLEASH_URL', redactUrl(url))
}
