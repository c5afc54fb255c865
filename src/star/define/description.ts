import type { Merge, TableKind } from '../rows/layout.ts'
import type { Cell } from '../types/cell.ts'
import { Misfit } from '../types/data-type.ts'
import { definedColumns, type DefinedColumn, type TableDefinition } from './definition.ts'

/** A definition as plain data, which the warehouse keeps as JSON. It depends on the order of columns only in the key. */
export interface TableDescription {
  readonly kind: TableKind
  /** The columns of the key, in order. */
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, ColumnDescription>>
  readonly history: boolean
}

/** A column of a {@link TableDescription}. */
export interface ColumnDescription {
  /** The type as in a definition: `varchar(60)`. */
  readonly type: string
  /** The type in MySQL: `VARCHAR(60)`. */
  readonly sql: string
  readonly nullable: boolean
  readonly merge: Merge
  /** The register that holds it; absent where no stamp decides. */
  readonly register?: string
  readonly pii: boolean
  /** What a create that leaves it out writes, as a cell; bytes are in hexadecimal. */
  readonly default?: string
}

/** The description of a definition. Comments and indexes are left out: they change no row. */
export function describeTable(definition: TableDefinition): TableDescription {
  const defined = definedColumns(definition)
  return {
    kind: definition.kind,
    key: Object.keys(definition.key),
    columns: Object.fromEntries(defined.map((column) => [column.name, describeColumn(column)])),
    history: definition.history,
  }
}

function describeColumn(column: DefinedColumn): ColumnDescription {
  const { type, nullable, merge, register, isPersonal, default: fallback } = column
  return {
    type: type.name,
    sql: type.sql,
    nullable,
    merge,
    ...(register === undefined ? {} : { register }),
    pii: isPersonal,
    ...(fallback === undefined ? {} : { default: textOf(type.encode(fallback.value)) }),
  }
}

function textOf(cell: NonNullable<Cell> | Misfit): string {
  // A definition with a default that does not fit was refused.
  if (cell instanceof Misfit) return cell.reason
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : String(cell)
}
