export {
  DEFAULT_BATCH_BYTES,
  DEFAULT_BATCH_EVENTS,
  DEFAULT_HEAL_MARGIN_MS,
  DEFAULT_OUTAGE_MS,
  DEFAULT_PARALLEL,
  DEFAULT_RANGES,
  DEFAULT_SETTLE_MS,
  heal,
  migrate,
} from '../migrate/index.ts'
export type { HealOptions, HealResult, MigrateOptions, MigrateResult, MigrationWarehouse } from '../migrate/index.ts'
export type { OutageWait, RunProgress } from '../core/index.ts'
export { countWithoutReceipt, planWarehouse, schemaOf, statusOf } from '../ledger/index.ts'
export type {
  DefinitionChange,
  EventIds,
  Generation,
  LedgerPort,
  MigrationStatus,
  PlannedWarehouse,
  ReceiptCounts,
  WarehousePlan,
  WarehousePlanOptions,
  Worker,
} from '../ledger/index.ts'
export type { TypeCount, UnknownTypes } from '../mapping/index.ts'
export { mongoEvents } from '../stream/index.ts'
export type {
  AskOptions,
  EventSource,
  MongoEventsOptions,
  Range as EventRange,
  ReadOptions,
  TypesOptions,
} from '../stream/index.ts'
