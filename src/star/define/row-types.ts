import type { TableKind } from '../rows/layout.ts'
import type { Column, Columns } from './column.ts'
import type { ViewRow } from './infer.ts'
import type { Table } from './table.ts'

/** The row that queries see of a table: `RowOf<typeof file>`. */
export type RowOf<T> = T extends Table<string, infer K, infer C, TableKind, boolean> ? ViewRow<K, C> : never

/** A row of a dimension's view `<name>_members`: any thing that an event mentioned, with the columns that are known of it. */
export type MemberOf<T> =
  T extends Table<string, infer K, infer C, TableKind, boolean>
    ? { readonly [N in keyof ViewRow<K, C>]: N extends keyof K ? ViewRow<K, C>[N] : ViewRow<K, C>[N] | null } & {
        readonly member_state: 'live' | 'deleted' | 'not yet arrived'
      }
    : never

/** A row of a dimension's view `<name>_history`: a version, from `valid_from` to before `valid_to`, which is NULL for the current. */
export type VersionOf<T> =
  T extends Table<string, infer K, infer C, TableKind, boolean>
    ? {
        readonly [N in keyof ViewRow<K, C> as N extends keyof K ? N : HasPast<C, N> extends true ? N : never]: ViewRow<
          K,
          C
        >[N]
      } & {
        readonly valid_from: Date
        readonly valid_to: Date | null
        readonly is_current: number
      }
    : never

type HasPast<C extends Columns, N> = N extends keyof C
  ? C[N] extends Column<infer S>
    ? S extends { readonly merge: 'default' | 'last'; readonly pii: false }
      ? true
      : false
    : false
  : false
