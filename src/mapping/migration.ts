import { checkName, type AnyTable, type Operation, type TypeError } from '../star/index.ts'
import {
  checkFirstCall,
  checkHandlers,
  checkParts,
  checkRevision,
  checkSchemas,
  checkSpec,
  checkSynchronous,
  checkTables,
} from './migration-checks.ts'
import type { OrderPath, Path, TimePath, ValueAt } from './path.ts'
import type { StandardSchema } from './schema.ts'
import { checkSource, type Source } from './source.ts'

/** What an event does: operations on rows, carried out in order. Pure: it reads the frozen event and nothing else. */
export type Handler<E> = (event: E) => Operation | readonly Operation[]

/** A migration as the user writes it. */
export interface MigrationSpec<
  E,
  T extends Path<E>,
  Tables extends Readonly<Record<string, AnyTable>>,
  On extends Handlers<E, T> = Handlers<E, T>,
> {
  /** Part of the stamps of its events, of the names of its internal tables in the warehouse, and of the write flag. It cannot be changed later. */
  readonly name: string
  readonly source: Source<Path<E>, OrderPath<E>, TimePath<E>> & { readonly type: T }
  /** The tables that events write to, by any name. */
  readonly tables: Tables
  /**
   * Raise it when you correct the mapping, and run `changeover apply` and `migrate`: events that are mapped again then replace what they
   * wrote before. 1 to 255.
   *
   * @defaultValue 1
   */
  readonly revision?: number
  /**
   * Which events count at all, for example to leave out those of test users. Pure, like a handler. An event for which it throws
   * goes to the quarantine.
   *
   * @defaultValue all
   */
  readonly include?: (event: E) => boolean
  /** Schemas of any Standard Schema library, by event type: an event that does not fit goes to the quarantine. */
  readonly schemas?: { readonly [K in ValueAt<E, T> & string]?: StandardSchema }
  /** A handler for each event type, or `'ignore'` for a type that the warehouse does not need. */
  readonly on: On & CheckedHandlers<On, ValueAt<E, T>, Tables>
}

/** One handler per event type; a missing one is a compile error. */
export type Handlers<E, T extends string> = {
  readonly [K in ValueAt<E, T> & string]: Handler<EventOf<E, T, K>> | 'ignore'
}

/** Nothing more to ask of these handlers or, where one of them is wrong, a type whose sentence says why. */
type CheckedHandlers<On, Types, Tables extends Readonly<Record<string, AnyTable>>> = [
  { [K in keyof On]: MistakeIn<On[K], K, Types, Tables> }[keyof On],
] extends [never]
  ? unknown
  : {
      readonly [K in keyof On]: [MistakeIn<On[K], K, Types, Tables>] extends [never]
        ? unknown
        : MistakeIn<On[K], K, Types, Tables>
    }

type MistakeIn<H, K, Types, Tables extends Readonly<Record<string, AnyTable>>> = K extends Types
  ? [UnlistedTable<H, Tables>] extends [never]
    ? never
    : TypeError<`the table ${UnlistedTable<H, Tables>} is not among the tables of the migration`>
  : TypeError<`no event has the type ${K & string}`>

/** The names of the tables that a handler writes to and that the migration does not list, as far as its type tells. */
type UnlistedTable<H, Tables extends Readonly<Record<string, AnyTable>>> = H extends (event: never) => infer Result
  ? Exclude<TableIn<Result>, Tables[keyof Tables]['name']>
  : never

type TableIn<Result> = Result extends readonly (infer Each)[]
  ? TableIn<Each>
  : Result extends Operation<infer Name>
    ? string extends Name
      ? never
      : Name
    : never

/** The members of the union that may have this type. One member may have several types. */
type EventOf<E, T extends string, K> = E extends unknown ? (K extends ValueAt<E, T> ? E : never) : never

// Methods, because TypeScript compares their parameters loosely: a handler takes one member of the union of the user's events, and
// the type of an event decides at run time which handler gets it.
interface ForAnyEvent {
  handler(event: unknown): Operation | readonly Operation[]
  include(event: unknown): boolean
}

/** A handler, whatever events it is for. */
export type AnyHandler = ForAnyEvent['handler']

/** An `include`, whatever events it is for. */
export type AnyInclude = ForAnyEvent['include']

/** A migration: its definition, checked and frozen. `Tables` keeps the types of the tables for reports. */
export interface Migration<Tables extends Readonly<Record<string, AnyTable>> = Readonly<Record<string, AnyTable>>> {
  readonly name: string
  readonly source: Source
  readonly tables: Tables
  readonly revision: number
  readonly handlers: ReadonlyMap<string, AnyHandler | 'ignore'>
  readonly include: AnyInclude | undefined
  readonly schemas: ReadonlyMap<string, StandardSchema>
}

const MAX_NAME = 40

/** @defaultValue of {@link MigrationSpec.revision} */
export const DEFAULT_REVISION = 1

/**
 * Defines a migration of the event union `E`. It is called twice so that you give the event type and everything else is inferred.
 * Throws a ChangeoverError `DEFINITION` when a part of it is wrong.
 *
 * @example
 * import { column, defineMigration, fact } from 'changeover'
 *
 * type ShopEvent = { _id: number; seq: number; at: Date; orderId: number } & (
 *   | { type: 'order.placed'; cents: number }
 *   | { type: 'order.cancelled' | 'cart.changed' }
 * )
 * const order = fact('order', { key: { id: column.int() }, measures: { cents: column.int() } })
 * export const shop = defineMigration<ShopEvent>()({
 *   name: 'shop',
 *   source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
 *   tables: { order },
 *   on: {
 *     'order.placed': (e) => order.create({ id: e.orderId }, { cents: e.cents }),
 *     'order.cancelled': (e) => order.delete({ id: e.orderId }),
 *     'cart.changed': 'ignore',
 *   },
 * })
 */
export function defineMigration<E>(): <
  const T extends Path<E>,
  const Tables extends Readonly<Record<string, AnyTable>>,
  On extends Handlers<E, T>,
>(
  spec: MigrationSpec<E, T, Tables, On>,
) => Migration<Tables> {
  checkFirstCall(arguments.length)
  return (spec) => {
    checkSpec(spec)
    const { name, source, tables, revision = DEFAULT_REVISION, include, schemas = {}, on } = spec
    checkName('The migration name', name, MAX_NAME)
    checkParts(name, { source, tables, schemas, on })
    const handlers = new Map<string, AnyHandler | 'ignore'>(Object.entries(on))
    const schemaByType = new Map<string, StandardSchema>(Object.entries(schemas))
    checkRevision(name, revision)
    checkSource(name, source)
    checkTables(name, tables)
    checkHandlers(name, handlers)
    checkSchemas(name, schemaByType, handlers)
    if (include) checkSynchronous(`The include of the migration ${name}`, include)
    return Object.freeze({ name, source, tables, revision, handlers, include, schemas: schemaByType })
  }
}
