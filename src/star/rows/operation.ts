import type { TableKind, TableLayout } from './layout.ts'

/** The table that an operation writes to. Every dimension and fact is one. */
export interface TargetTable<Name extends string = string> {
  readonly name: Name
  readonly kind: TableKind
  readonly layout: TableLayout
}

/** What an event does to one row of one table, whose name is `Name`. Plain data, made by the methods of a table. */
export interface Operation<Name extends string = string> {
  readonly table: TargetTable<Name>
  readonly kind: 'create' | 'edit' | 'delete' | 'erase'
  readonly key: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, unknown>>
}

/** How a row arrived in the warehouse. A row that arrived in several ways has the flags of all of them. */
export type Origin = 'live' | 'migrated' | 'repaired'
export const ORIGIN: Readonly<Record<Origin, number>> = Object.freeze({ live: 1, migrated: 2, repaired: 4 })
