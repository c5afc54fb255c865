import { compareBytes, type Cell } from '../types/cell.ts'
import type { DataType } from '../types/data-type.ts'
import { ABSENT } from './stamp.ts'

/**
 * What a column is for.
 *
 * - `key`: part of the primary key.
 * - `stamp`: guards the columns of a register; all zero until one of them is written.
 * - `content`: fingerprints of a fact's content. Like stamps, they carry the generation, which no comparison sees.
 * - `origin`: how or when the row arrived. Left out of every comparison.
 * - `value`: everything else.
 */
export type ColumnRole = 'key' | 'value' | 'stamp' | 'content' | 'origin'

/** A column of a table as MySQL has it. */
export interface PhysicalColumn {
  readonly name: string
  /**
   * The name by which comparisons know the column: the one in MySQL may carry the number of a generation.
   *
   * @defaultValue its name
   */
  readonly logicalName?: string
  readonly type: DataType
  readonly role: ColumnRole
  /** Data columns are nullable whatever the definition says: an edit may arrive before its create. */
  readonly nullable: boolean
  /** The literal of the DEFAULT clause, as SQL, for a column that an INSERT may leave out. */
  readonly defaultSql?: string
  readonly comment?: string
}

/**
 * A part of a row that merges by itself. Every merge is commutative, associative and idempotent, so a row, being a product
 * of registers, is a join-semilattice.
 *
 * - `stamped`: columns that are written together, and the stamp that guards them; the greater stamp wins.
 * - `min`, `max`: the smaller or greater value; NULL means that nothing was written yet.
 * - `bits`: a set of flags, merged by OR.
 */
export type Register =
  | { readonly merge: 'stamped'; readonly columns: readonly number[]; readonly stamp: number }
  | { readonly merge: 'min' | 'max' | 'bits'; readonly column: number }

/** A table as the merge sees it: columns, key first, and registers, which refer to columns by index. */
export interface Relation {
  /** The table's name: `dim_file`. */
  readonly name: string
  readonly columns: readonly PhysicalColumn[]
  /** The number of columns in the primary key. They come first. */
  readonly keyLength: number
  readonly registers: readonly Register[]
  /** What the rows of this table make obsolete elsewhere. */
  readonly supersedes?: Supersedes
  /**
   * When a row says anything. One that only has values of columns which are no longer defined says nothing; views and comparisons leave
   * it out.
   *
   * @defaultValue always
   */
  readonly presence?: Presence
  /** Secondary indexes, none of them unique: the merge finds a row by its primary key and nothing else. */
  readonly indexes?: readonly RelationIndex[]
  readonly comment?: string
}

/** A secondary index: its name, and its columns in order. */
export interface RelationIndex {
  readonly name: string
  readonly columns: readonly string[]
}

/**
 * Rows of another table that are deleted because of this one: those that have the same key, and for which `column` here is greater
 * than `times` × `than` there. Both are registers that only grow, and whoever merges into the other table then merges into this one.
 * So it does not matter who comes when: the last to merge a row here finds both as they will stay.
 */
export interface Supersedes {
  readonly relation: Relation
  /** A column of this table. */
  readonly column: number
  /** A column of the other one. */
  readonly than: number
  readonly times: number
}

/** Columns by index, of which one at least says something in a row that does. */
export interface Presence {
  /** Stamps that are not all zero. */
  readonly stamps: readonly number[]
  /** Values that are not NULL. */
  readonly values: readonly number[]
  /** Flags that are 1. */
  readonly flags: readonly number[]
}

/** Whether a row says anything, see {@link Relation.presence}. */
export function saysAnything({ presence }: Relation, row: Row): boolean {
  if (presence === undefined) return true
  const { stamps, values, flags } = presence
  return (
    flags.some((flag) => row[flag] === 1) ||
    values.some((value) => row[value] !== null) ||
    stamps.some((stamp) => compareBytes(row[stamp] as Uint8Array, ABSENT) !== 0)
  )
}

/** A row: one cell per column of its relation, in that order. */
export type Row = readonly Cell[]
