import { InMemStorageProvider, Unleash } from 'unleash-client'
import type { UnleashConfig } from 'unleash-client'

/** Enabled for half of the users, by their id. */
export const halfOfUsers = {
  name: 'flexibleRollout',
  parameters: { rollout: '50', stickiness: 'userId', groupId: 'half' },
  constraints: [],
}

/** An Unleash instance without a server: it knows the given flags, each with its strategies, or none. */
export function offlineUnleash(
  flags?: Readonly<Record<string, { enabled: boolean; strategies?: (typeof halfOfUsers)[] }>>,
  config: Partial<UnleashConfig> = {},
): Unleash {
  const data = Object.entries(flags ?? {}).map(([name, { enabled, strategies = [] }]) => ({
    name,
    enabled,
    strategies,
    type: 'release',
    project: 'default',
    stale: false,
    impressionData: false,
    variants: [],
  }))
  return new Unleash({
    appName: 'test',
    url: 'http://127.0.0.1:9/api',
    refreshInterval: 0,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    storageProvider: new InMemStorageProvider(),
    ...(flags ? { bootstrap: { data } } : {}),
    ...config,
  })
}
