import type { Column, ColumnState } from './column.ts'
import type { TypeError } from './type-error.ts'

/** Columns by name. */
export type Columns = Readonly<Record<string, Column>>

type StateOf<C> = C extends Column<infer S> ? S : never
type InputOf<S extends ColumnState> = S['in'] | (S['nullable'] extends true ? null : never)
type Flat<T> = { [K in keyof T]: T[K] } & {}

type MayBeLeftOut<C> = StateOf<C>['nullable'] extends true ? true : StateOf<C>['defaulted'] extends true ? true : false

/** The values of a key: every column, none of them null. */
export type KeyInput<K extends Columns> = { readonly [N in keyof K]: StateOf<K[N]>['in'] }

/** What a create takes: a value for each column, but for those that are nullable or have a default. */
export type CreateInput<C extends Columns> = Flat<
  { readonly [N in keyof C as MayBeLeftOut<C[N]> extends true ? never : N]: InputOf<StateOf<C[N]>> } & {
    readonly [N in keyof C as MayBeLeftOut<C[N]> extends true ? N : never]?: InputOf<StateOf<C[N]>> | undefined
  }
>

/** What makes an edit of a part of a group a type error: the columns that it sets, each with the sentence. */
export type WholeGroups<C extends Columns, Given> = {
  readonly [
    N in keyof Given & keyof C as LeftOut<C, GroupOf<C[N]>, keyof Given> extends never ? never : N
  ]: TypeError<`an edit that sets a column of the group ${GroupOf<C[N]>} sets all of them, and ${LeftOut<C, GroupOf<C[N]>, keyof Given> & string} is left out`>
}
type GroupOf<C> = StateOf<C>['group']
type LeftOut<C extends Columns, Group, Names> = Group extends ''
  ? never
  : { [N in keyof C]: GroupOf<C[N]> extends Group ? Exclude<N, Names> : never }[keyof C]

/** What an edit takes: any of the columns that an event may change later. */
export type EditInput<C extends Columns, Kind extends 'dimension' | 'fact'> = {
  readonly [N in keyof C as MergeOf<C[N], Kind> extends 'once' ? never : N]?: InputOf<StateOf<C[N]>> | undefined
}

type MergeOf<C, Kind> = StateOf<C>['merge'] extends 'default'
  ? Kind extends 'fact'
    ? 'once'
    : 'last'
  : StateOf<C>['merge']

/** A row of the table's view, as a query gives it. */
export type ViewRow<K extends Columns, C extends Columns> = Flat<
  { readonly [N in keyof K]: StateOf<K[N]>['out'] } & {
    readonly [N in keyof C]: StateOf<C[N]>['out'] | (StateOf<C[N]>['nullable'] extends true ? null : never)
  }
>
