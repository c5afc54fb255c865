export {
  DEFAULT_CONNECTIONS,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_RETRY,
  applySteps,
  findConflicts,
  memoryWarehouse,
  mysqlWarehouse,
  plan,
  tableBuckets,
} from '../warehouse/index.ts'
export type {
  CalendarRange,
  Conflicts,
  Dialect,
  MemoryWarehouse,
  MergeTarget,
  MysqlWarehouseOptions,
  PlanOptions,
  Schema,
  Step,
  Warehouse,
  WarehouseCounters,
} from '../warehouse/index.ts'
