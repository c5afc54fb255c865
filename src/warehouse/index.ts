export { asOf } from './as-of/as-of.ts'
export type { AsOfOptions } from './as-of/as-of.ts'
export type { AsOfRow, TimeColumnOf } from './as-of/types.ts'
export type { Dialect } from './dialect.ts'
export { memoryWarehouse } from './memory.ts'
export type { MemoryWarehouse } from './memory.ts'
export { mysqlWarehouse } from './mysql.ts'
export { namesRead } from './report-reads.ts'
export type { ReportReads } from './report-reads.ts'
export { serverErrorOf } from './mysql-errors.ts'
export {
  DEFAULT_CONNECTIONS,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_LONG_STATEMENT_TIMEOUT_MS,
  DEFAULT_READERS,
  DEFAULT_REPORT_TIMEOUT_MS,
  DEFAULT_RETRY,
  DEFAULT_STATEMENT_TIMEOUT_MS,
} from './options.ts'
export type { MysqlWarehouseOptions } from './options.ts'
export type {
  CallOptions,
  Conflicts,
  Key,
  MergePort,
  OutdatedRegister,
  ReadPort,
  RegistryPort,
  ReportPort,
  RowCount,
  ScanOptions,
  SchemaPort,
  Warehouse,
  WarehouseCounters,
} from './port.ts'
export { DEFAULT_PAGE_ROWS } from './read/scan.ts'
export { vschemaOf } from './schema/vschema.ts'
export type { VSchema, VSchemaTable } from './schema/vschema.ts'
export type { ColumnsByTable, PlanOptions, RetiredHistory, Schema, SchemaRecord, Step } from './step.ts'
