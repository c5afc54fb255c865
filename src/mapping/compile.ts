import { ownOf } from '../core/index.ts'
import { namedTable, PLAIN_NAMES, relationsOf, type PhysicalNames, type Relation } from '../star/index.ts'
import { definitionOf, type Definition, type HandlerTexts } from './definition.ts'
import { createMapper, type Mapper } from './mapper.ts'
import type { Migration } from './migration.ts'
import { protection, type Protect } from './privacy.ts'
import type { Source } from './source.ts'

/** What the rest of the package needs of a migration, derived once. Code that reads events or writes rows never sees its config. */
export interface CompiledMigration {
  readonly name: string
  readonly definition: Definition
  /** The number under which the warehouse knows the definition. */
  readonly generation: number
  readonly counting: OldestCounting
  /** Digests of the handlers' texts when the definition was applied, where they are known. */
  readonly registeredTexts: HandlerTexts | undefined
  readonly source: Source
  /** Events to rows. */
  readonly map: Mapper
  /** Removes or hashes what the source's `select`, `omit` and `personal` say; undefined when they say nothing. */
  readonly protect: Protect | undefined
  /** The tables that events write to, in the order in which a batch writes them. */
  readonly relations: readonly Relation[]
  /** Those of each table, by the table's name. */
  readonly relationsByTable: ReadonlyMap<string, readonly Relation[]>
  /** The event types that have a handler. */
  readonly handledTypes: readonly string[]
  /** The handled types and the ignored ones: every event type that the mapping knows. */
  readonly knownTypes: readonly string[]
}

/** A definition as a warehouse knows it: its number there, and the physical names of its columns, by table. */
export interface Registered {
  readonly number: number
  readonly names: Readonly<Record<string, PhysicalNames>>
  readonly counting: OldestCounting
  /** Digests of the handlers' texts when it was applied. */
  readonly texts?: HandlerTexts
}

/**
 * The oldest generations whose receipts count, by event type and by table. A receipt counts when it is at least as young as its event type
 * requires, and as each table requires that events of the type write to. So a new column of one fact does not require all events to be
 * replayed.
 */
export interface OldestCounting {
  readonly types: Readonly<Record<string, number>>
  readonly tables: Readonly<Record<string, number>>
}

const NOTHING = Object.freeze({})

/** A definition as a warehouse without a registry knows it. */
export const FIRST: Registered = Object.freeze({
  number: 1,
  names: NOTHING,
  counting: Object.freeze({ types: NOTHING, tables: NOTHING }),
})

/** Derives from a migration what the rest of the package needs of it, as a warehouse knows it. */
export function compile(
  migration: Migration,
  { number, names, counting, texts }: Registered = FIRST,
  definition: Definition = definitionOf(migration),
): CompiledMigration {
  const { name, source, handlers } = migration
  const knownTypes = [...handlers.keys()]
  const protect = protection(source)
  const tables = Object.values(migration.tables).map((table) =>
    namedTable(table, ownOf(names, table.name) ?? PLAIN_NAMES),
  )
  const layouts = new Map(tables.map((table) => [table.name, table.layout]))
  return Object.freeze({
    name,
    definition,
    generation: number,
    counting,
    registeredTexts: texts,
    source,
    map: createMapper(migration, { protect, generation: number, layoutOf: (table) => layouts.get(table.name)! }),
    protect,
    relations: tables.flatMap(relationsOf),
    relationsByTable: new Map(tables.map((table) => [table.name, relationsOf(table)])),
    handledTypes: knownTypes.filter((type) => handlers.get(type) !== 'ignore'),
    knownTypes,
  })
}
