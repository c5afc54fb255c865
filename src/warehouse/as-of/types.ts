import type { AnyTable, Prefixed, RowOf, TypeError, UnionToIntersection, VersionOf } from '../../star/index.ts'

/** The columns of a fact that hold an instant. */
export type TimeColumnOf<F extends AnyTable> = {
  [N in keyof RowOf<F> & string]: Exclude<RowOf<F>[N], null> extends Date ? N : never
}[keyof RowOf<F> & string]

/** A row of {@link asOf}: the fact's columns, and per role those of the version, which may be missing. */
export type AsOfRow<F extends AnyTable, D extends Readonly<Record<string, AnyTable>>> = RowOf<F> &
  UnionToIntersection<{ [Role in keyof D & string]: VersionColumns<Role, D[Role]> }[keyof D & string]> extends infer All
  ? { readonly [N in keyof All]: All[N] }
  : never

type VersionColumns<Role extends string, T extends AnyTable> = {
  readonly [N in Exclude<keyof VersionOf<T>, keyof T['key']> & string as Prefixed<Role, N>]: VersionOf<T>[N] | null
}

/** The dimensions by role as given; a sentence for the compiler in place of each that cannot be joined. */
export type CheckedRoles<F extends AnyTable, D extends Readonly<Record<string, AnyTable>>> = {
  readonly [Role in keyof D]: D[Role]['history'] extends false
    ? TypeError<`the dimension ${D[Role]['name']} keeps no history: define it with history: true`>
    : Prefixed<Role & string, keyof D[Role]['key'] & string> extends keyof RowOf<F>
      ? D[Role]
      : TypeError<`the fact ${F['name']} has no dimension in the role ${Role & string}`>
}
