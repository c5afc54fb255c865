import type { Kysely } from 'kysely'
import type { AnyTable, MemberOf, RowOf, VersionOf } from '../star/index.ts'

/** The warehouse as Kysely types it: the views of the tables, by name. */
export type WarehouseDatabase<Tables extends Readonly<Record<string, AnyTable>>> = string extends keyof Tables
  ? LooseDatabase
  : { [T in keyof Tables as Tables[T]['name']]: RowOf<Tables[T]> } & {
      [T in keyof Tables as Tables[T]['kind'] extends 'dimension' ? `${Tables[T]['name']}_members` : never]: MemberOf<
        Tables[T]
      >
    } & {
      [T in keyof Tables as Tables[T]['history'] extends true ? `${Tables[T]['name']}_history` : never]: VersionOf<
        Tables[T]
      >
    }

/** What a report sees when it does not name the tables that it reads. */
export type LooseDatabase = Record<string, Record<string, unknown>>

/** Where a report reads its new side. The reader must see the views of the warehouse, read-only; one Kysely may serve all types. */
export interface WarehouseReader {
  reader<Database>(): Kysely<Database>
}
