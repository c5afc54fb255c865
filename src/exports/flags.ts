export { destroyUnleash, fixedFlags, unleashFlags } from '../flags/index.ts'
export type { DestroyableUnleash, FixedFlag, FixedFlags, FlagContext, Flags, UnleashLike } from '../flags/index.ts'
