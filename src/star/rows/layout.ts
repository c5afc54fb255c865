import type { DataType } from '../types/data-type.ts'
import type { Relation } from './relation.ts'

export type TableKind = 'dimension' | 'fact'

/**
 * How two values of a column merge.
 *
 * - `last`: the one with the greater stamp (the default in a dimension).
 * - `once`: the content of a fact, fixed by its key (the default in a fact).
 * - `first`: the one with the smaller stamp.
 * - `min`, `max`: the smaller or the greater value.
 * - `any`, `all`: OR or AND.
 */
export type Merge = 'last' | 'once' | 'first' | 'min' | 'max' | 'any' | 'all'

/** How a dimension or a fact is laid out in MySQL. Columns are referred to by their index in the relation. */
export interface TableLayout {
  readonly relation: Relation
  /** The columns of the definition by name: the key's first, in the order of the relation. */
  readonly slots: ReadonlyMap<string, Slot>
  /** Whether the row exists (1), was deleted (0) or was only edited so far (NULL), and the stamp that guards this. */
  readonly live: { readonly value: number; readonly stamp: number }
  readonly origin: number
  /** Only for a fact with content: detects that two events wrote different contents under one key. */
  readonly content: ContentLayout | undefined
  /** Only for a dimension that keeps its history. */
  readonly history: HistoryLayout | undefined
}

/** Where a fact keeps the greatest and the smallest fingerprint of its content; see `content.ts`. */
export interface ContentLayout {
  /** The columns that the fingerprint covers, in the order of their names. */
  readonly columns: readonly number[]
  /** Those names: two definitions with other columns make other fingerprints. */
  readonly names: string
  readonly high: number
  readonly low: number
}

/** A column of the definition in the history. */
export interface PastColumn {
  /** The column in the row of the dimension. */
  readonly slot: Slot
  /** What the event wrote to it. */
  readonly value: number
  /** Whether the event wrote to it: 1 or 0. NULL may be what it wrote. */
  readonly written: number
}

/** A column of the definition within the row. */
export interface Slot {
  readonly name: string
  readonly index: number
  readonly type: DataType
  readonly nullable: boolean
  readonly default: { readonly value: unknown } | undefined
  readonly merge: Merge
  /** The group whose columns are always written together. */
  readonly group: string | undefined
  /** Whether an erasure sets it to NULL. */
  readonly isPersonal: boolean
  /** The stamp that guards it; undefined for a key and for `min`, `max`, `any` and `all`. */
  readonly stamp: number | undefined
  readonly isKey: boolean
}

/**
 * How the history of a dimension is laid out (a slowly changing dimension of type 2): one row per key and event that wrote to
 * it, holding only what that event wrote. A late event that arrives between two others changes no other row; a view carries
 * values forward and computes the intervals. Personal columns have no history, so there is nothing in it to erase.
 */
export interface HistoryLayout {
  readonly relation: Relation
  /** The columns with a history. */
  readonly columns: readonly PastColumn[]
  /** When the event happened. */
  readonly at: number
  readonly live: number
  readonly stamp: number
  readonly origin: number
}
