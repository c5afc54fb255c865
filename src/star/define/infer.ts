import type { TableKind } from '../rows/layout.ts'
import type { Column, Columns } from './column.ts'
import type { TypeError } from './type-error.ts'

type StateOf<C> = C extends Column<infer S> ? S : never
// Conditional, so that the compiler prints what a column takes and not this type.
type InputOf<C> = C extends Column<infer S> ? (S['nullable'] extends true ? S['in'] | null : S['in']) : never
type Flat<T> = { [K in keyof T]: T[K] } & {}

type MayBeLeftOut<C> = StateOf<C>['nullable'] extends true ? true : StateOf<C>['defaulted'] extends true ? true : false

/** The values of a key: every column, none of them NULL. */
export type KeyInput<K extends Columns> = { readonly [N in keyof K]: StateOf<K[N]>['in'] }

/** What a create takes: a value for each column. Those that are nullable or have a default may be left out. */
export type CreateInput<C extends Columns> = Flat<
  { readonly [N in keyof C as MayBeLeftOut<C[N]> extends true ? never : N]: InputOf<C[N]> } & {
    readonly [N in keyof C as MayBeLeftOut<C[N]> extends true ? N : never]?: InputOf<C[N]> | undefined
  }
>

/** The values of an edit as given or, if some of them are wrong, a type whose sentences say why. */
export type CheckedEdit<C extends Columns, Kind extends TableKind, Given> = [
  { [N in keyof Given]: MistakeIn<C, Kind, Given, N> }[keyof Given],
] extends [never]
  ? Given
  : {
      readonly [N in keyof Given]: [MistakeIn<C, Kind, Given, N>] extends [never]
        ? Given[N]
        : MistakeIn<C, Kind, Given, N>
    }

type MistakeIn<C extends Columns, Kind extends TableKind, Given, N> = N extends keyof EditInput<C, Kind>
  ? LeftOut<C, GroupOf<C[N]>, keyof Given> extends infer Left
    ? Left extends string
      ? TypeError<`an edit must set all columns of the group ${GroupOf<C[N]>} or none: ${Left} is left out`>
      : never
    : never
  : N extends keyof C
    ? TypeError<`${N & string} is fixed by the key of the fact; an edit cannot change it`>
    : TypeError<`there is no column ${N & string}`>

type GroupOf<C> = StateOf<C>['group']
type LeftOut<C extends Columns, Group, Names> = Group extends ''
  ? never
  : { [N in keyof C]: GroupOf<C[N]> extends Group ? Exclude<N, Names> : never }[keyof C]

/** Values for any of the columns, whether an edit may set them or not. */
export type AnyColumns<C extends Columns> = { readonly [N in keyof C]?: InputOf<C[N]> | undefined }

/** What an edit takes: any of the columns that an event may change later. */
export type EditInput<C extends Columns, Kind extends TableKind> = {
  readonly [N in keyof C as MergeOf<C[N], Kind> extends 'once' ? never : N]?: InputOf<C[N]> | undefined
}

type MergeOf<C, Kind> = StateOf<C>['merge'] extends 'default'
  ? Kind extends 'fact'
    ? 'once'
    : 'last'
  : StateOf<C>['merge']

/** A row of the table's view, as a query returns it. */
export type ViewRow<K extends Columns, C extends Columns> = Flat<
  { readonly [N in keyof K]: StateOf<K[N]>['out'] } & {
    readonly [N in keyof C]: StateOf<C[N]>['out'] | (StateOf<C[N]>['nullable'] extends true ? null : never)
  }
>
