export {
  DEFAULT_BATCH_EVENTS,
  DEFAULT_HEAL_MARGIN_MS,
  DEFAULT_OUTAGE_MS,
  DEFAULT_PARALLEL,
  DEFAULT_RANGES,
  DEFAULT_SETTLE_MS,
  heal,
  migrate,
} from '../migrate/index.ts'
export type { HealOptions, HealResult, MigrateOptions, MigrateProgress, MigrateResult } from '../migrate/index.ts'
export { countWithoutReceipt, schemaOf } from '../ledger/index.ts'
export type { EventIds } from '../ledger/index.ts'
export { idsOf, sourceOf } from '../stream/index.ts'
export type { EventSource } from '../stream/index.ts'
