import type { Column, Columns } from './column.ts'
import { assertDistinctColumns } from './name-checks.ts'
import type { OptionalDimension } from './optional.ts'

/** What a fact can refer to: a dimension, under the name of its role, or a plain column (a degenerate dimension). */
export type FactDimensions = Readonly<
  Record<string, Column | OptionalDimension | { readonly kind: 'dimension'; readonly key: Columns }>
>

/** A column of a dimension as another table names it: after its role there. */
export type Prefixed<Role extends string, N extends string> = N extends `${Role}_${string}` ? N : `${Role}_${N}`
export type UnionToIntersection<U> = (U extends unknown ? (union: U) => void : never) extends (all: infer I) => void
  ? I
  : never

type RoleColumnsOf<D extends FactDimensions> = UnionToIntersection<
  { [Role in keyof D & string]: ColumnsOfRole<Role, D[Role]> }[keyof D & string]
>
type ColumnsOfRole<Role extends string, Target> = Target extends Column
  ? { readonly [N in Role]: Target }
  : Target extends { readonly key: infer K }
    ? { readonly [N in keyof K & string as Prefixed<Role, N>]: K[N] }
    : never

/** The columns of a fact: those of its dimensions and its measures. */
export type FactTableColumns<D extends FactDimensions, M extends Columns> = (keyof D extends never
  ? {}
  : RoleColumnsOf<D>) &
  M extends infer All
  ? { [N in keyof All]: All[N] extends Column ? All[N] : never }
  : never

/** The columns of a fact: per dimension the columns of its key, each under the name of the role, then the measures. */
export function factColumns<D extends FactDimensions, M extends Columns>(
  name: string,
  dimensions: D,
  measures: M,
): FactTableColumns<D, M> {
  const columns = [
    ...Object.entries(dimensions).flatMap(([role, target]) =>
      target.kind === 'column'
        ? [[role, target] as const]
        : Object.entries(target.key).map(([key, of]) => [prefixed(role, key), of] as const),
    ),
    ...Object.entries(measures),
  ]
  assertDistinctColumns(
    name,
    columns.map(([column]) => column),
  )
  return Object.fromEntries(columns) as FactTableColumns<D, M>
}

/** A column of a dimension as another table names it: after its role there, unless its name begins with that already. */
export function prefixed(role: string, key: string): string {
  return key.startsWith(`${role}_`) ? key : `${role}_${key}`
}
