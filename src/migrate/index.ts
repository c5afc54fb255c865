export { heal } from './heal.ts'
export type { HealResult } from './heal.ts'
export { DEFAULT_HEAL_MARGIN_MS, DEFAULT_SETTLE_MS } from './heal-options.ts'
export type { HealOptions } from './heal-options.ts'
export { migrate } from './migrate.ts'
export type { MigrateResult } from './migrate.ts'
export {
  DEFAULT_BATCH_BYTES,
  DEFAULT_BATCH_EVENTS,
  DEFAULT_OUTAGE_MS,
  DEFAULT_PARALLEL,
  DEFAULT_RANGES,
} from './options.ts'
export type { MigrateOptions, MigrationWarehouse } from './options.ts'
