export { calendar } from './define/calendar.ts'
export { column, group } from './define/column.ts'
export type { Column, ColumnState, ColumnTypes, Fresh, Grouped, JsonInput, Merge } from './define/column.ts'
export type { CheckedEdit, Columns, CreateInput, EditInput, KeyInput, ViewRow } from './define/infer.ts'
export { CONTENT_HIGH, CONTENT_LOW, LIVE, MEMBER_STATE, VERSION_COLUMNS } from './define/layout.ts'
export { Table, dimension, fact, refuseNamesakes, relationsOf, viewNamesOf } from './define/table.ts'
export type {
  AnyTable,
  Dimension,
  Fact,
  FactDimensions,
  FactTableColumns,
  MemberOf,
  RowOf,
  VersionOf,
} from './define/table.ts'
export { bucketsOf, checksumOf, comparedColumns, hex128 } from './rows/canonical.ts'
export type { Buckets } from './rows/canonical.ts'
export { FINGERPRINT_MASK, isContested } from './rows/content.ts'
export type { History } from './rows/history.ts'
export { keyText, mergeBatch, mergeRows } from './rows/merge.ts'
export { ORIGIN } from './rows/operation.ts'
export type { Operation, Origin } from './rows/operation.ts'
export type { PhysicalColumn, Relation, Row } from './rows/relation.ts'
export { rowsOf } from './rows/row.ts'
export type { RelationRow } from './rows/row.ts'
export { MAX_REVISION, positionOf, stampOf } from './rows/stamp.ts'
export type { Cell } from './types/cell.ts'
export { Misfit } from './types/data-type.ts'
export { bigint, decimal, int } from './types/number.ts'
export { binary, blob, stampType, text, varchar } from './types/text.ts'
export { date, datetime, instantText } from './types/time.ts'
