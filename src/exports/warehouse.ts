export {
  DEFAULT_CONNECTIONS,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_PAGE_ROWS,
  DEFAULT_READERS,
  DEFAULT_RETRY,
  memoryWarehouse,
  mysqlWarehouse,
} from '../warehouse/index.ts'
export type { CalendarRange } from '../star/index.ts'
export type {
  CallOptions,
  Conflicts,
  Dialect,
  Key,
  MemoryWarehouse,
  MergePort,
  MysqlWarehouseOptions,
  PlanOptions,
  ReadPort,
  ReportPort,
  ScanOptions,
  Schema,
  SchemaPort,
  Step,
  Warehouse,
  WarehouseCounters,
} from '../warehouse/index.ts'
