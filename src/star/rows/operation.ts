import type { AnyTable } from '../define/table.ts'

/** What an event does to one row of one table. Plain data: made by a table's methods, carried out by the mapping. */
export interface Operation {
  readonly table: AnyTable
  readonly kind: 'create' | 'edit' | 'delete' | 'erase'
  readonly key: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, unknown>>
}

/** What brought a row to the warehouse; or'ed, and left out of every comparison. */
export type Origin = 'live' | 'migrated' | 'repaired'
export const ORIGIN: Readonly<Record<Origin, number>> = Object.freeze({ live: 1, migrated: 2, repaired: 4 })
