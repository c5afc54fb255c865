import type { Cell } from '../types/cell.ts'
import type { DataType } from '../types/data-type.ts'

/** A column of a table as MySQL has it. */
export interface PhysicalColumn {
  readonly name: string
  readonly type: DataType
  /** Data columns are nullable whatever the definition says: an edit may precede its create. */
  readonly nullable: boolean
  /** The DEFAULT clause's literal for a column that may be left out, as SQL. */
  readonly defaultSql?: string
  readonly comment?: string
}

/**
 * A part of a row that merges by itself. Every merge is commutative, associative and idempotent, so a row, being a product
 * of registers, is a join-semilattice.
 *
 * - `stamped`: columns that are written together and the stamp that guards them; the greater stamp wins.
 * - `min`, `max`: the smaller or greater value; NULL is "nothing yet".
 * - `bits`: a set of flags; or.
 */
export type Register =
  | { readonly merge: 'stamped'; readonly columns: readonly number[]; readonly stamp: number }
  | { readonly merge: 'min' | 'max' | 'bits'; readonly column: number }

/** A table as the merge sees it: columns (key first) and, by index into them, registers. */
export interface Relation {
  /** The table's name: `dim_file`. */
  readonly name: string
  readonly columns: readonly PhysicalColumn[]
  /** How many of the columns, from the first, are the primary key. */
  readonly keyLength: number
  readonly registers: readonly Register[]
  readonly comment?: string
}

/** A row: one cell per column of its relation, in that order. */
export type Row = readonly Cell[]
