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
export type {
  HealOptions,
  HealResult,
  MigrateOptions,
  MigrateResult,
  MigrationWarehouse,
  UnknownTypes,
} from '../migrate/index.ts'
export type { OutageWait, RunProgress } from '../core/index.ts'
export { countWithoutReceipt, planWarehouse, schemaOf } from '../ledger/index.ts'
export type {
  DefinitionChange,
  EventIds,
  Generation,
  LedgerPort,
  WarehousePlan,
  WarehousePlanOptions,
} from '../ledger/index.ts'
export { mongoEvents } from '../stream/index.ts'
export type {
  AskOptions,
  EventSource,
  MongoEventsOptions,
  Range as EventRange,
  ReadOptions,
  TypeCount,
} from '../stream/index.ts'
