import type { Db } from 'mongodb'
import type { Kysely } from 'kysely'
import { ChangeoverError } from '../core/index.ts'
import type { AnyTable, MemberOf, RowOf, VersionOf } from '../star/index.ts'

/** A row of a report: values by column. */
export type ReportRow = Readonly<Record<string, unknown>>

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

/** What a report sees when it does not say which tables it reads. */
export type LooseDatabase = Record<string, Record<string, unknown>>

/** A query of Kysely's, or anything else that gives rows. */
export type RowSource =
  | { execute(): Promise<readonly ReportRow[]> }
  | Promise<readonly ReportRow[]>
  | readonly ReportRow[]

/** A report as the user writes it: the code that runs today, and the query that is to replace it. */
export interface ReportSpec<Params, Tables extends Readonly<Record<string, AnyTable>>, Key extends string> {
  /** The columns that tell one row from another. */
  readonly key: readonly Key[]
  /** The tables it reads, so that `db` knows their columns. */
  readonly tables?: Tables
  /** The parameters when none are given. */
  readonly params?: Params
  /** The old report. The independent witness: keep it as it is. `mongo` is the database that the address names. */
  readonly legacy: (
    params: Params,
    context: { readonly mongo: Db },
  ) => Promise<readonly ReportRow[]> | readonly ReportRow[]
  /** The new report, over the views of the warehouse. */
  readonly warehouse: (params: Params, db: Kysely<WarehouseDatabase<Tables>>) => RowSource
}

/** A report: its definition, checked and frozen. */
export interface Report {
  readonly name: string
  readonly key: readonly string[]
  readonly params: unknown
  readonly legacy: (
    params: never,
    context: { readonly mongo: Db },
  ) => Promise<readonly ReportRow[]> | readonly ReportRow[]
  readonly warehouse: (params: never, db: never) => RowSource
}

/** Defines a report. Throws a ChangeoverError `DEFINITION`. */
export function report<
  const Key extends string,
  Params = Readonly<Record<string, never>>,
  Tables extends Readonly<Record<string, AnyTable>> = Readonly<Record<string, AnyTable>>,
>(name: string, spec: ReportSpec<Params, Tables, Key>): Report {
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(name)) {
    throw new ChangeoverError('DEFINITION', `The report's name, ${JSON.stringify(name)}, is not a name.`, {
      remedy: 'Begin with a letter and use lower-case letters, digits and underscores, at most 60 of them.',
    })
  }
  if (spec.key.length === 0) {
    throw new ChangeoverError('DEFINITION', `The report ${name} has no key.`, {
      remedy: 'Name the columns that tell one row from another.',
    })
  }
  const { key, params, legacy, warehouse } = spec
  return Object.freeze({ name, key: [...key], params: params ?? {}, legacy, warehouse }) as Report
}
