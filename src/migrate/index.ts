export { DEFAULT_HEAL_MARGIN_MS, DEFAULT_SETTLE_MS, heal } from './heal.ts'
export type { HealOptions, HealResult } from './heal.ts'
export { DEFAULT_BATCH_EVENTS, DEFAULT_OUTAGE_MS, DEFAULT_PARALLEL, DEFAULT_RANGES, migrate } from './migrate.ts'
export type { MigrateOptions, MigrateProgress, MigrateResult } from './migrate.ts'
