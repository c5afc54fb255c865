export { column, group } from './column.ts'
export type { Column, ColumnState, ColumnTypes, Fresh, Grouped, JsonInput, Merge } from './column.ts'
export { calendar } from './calendar.ts'
export { dimension, fact, Table } from './table.ts'
export type {
  AnyTable,
  Dimension,
  Fact,
  FactDimensions,
  FactTableColumns,
  MemberOf,
  RowOf,
  VersionOf,
} from './table.ts'
export type { CheckedEdit, Columns, CreateInput, EditInput, KeyInput, ViewRow } from './infer.ts'
export type { Operation, Origin } from './operation.ts'
