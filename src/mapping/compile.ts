import { relationsOf, type Relation } from '../star/index.ts'
import { createMapper, type Mapper } from './mapper.ts'
import type { Migration } from './migration.ts'
import { protection, type Protect } from './privacy.ts'
import type { Source } from './source.ts'

/** What the rest of the package needs of a migration, derived once. Code that reads events or writes rows never sees the definition. */
export interface CompiledMigration {
  readonly name: string
  readonly revision: number
  readonly source: Source
  /** Events to rows. */
  readonly map: Mapper
  /** Removes or hashes what the source's `select`, `omit` and `personal` say; undefined when they say nothing. */
  readonly protect: Protect | undefined
  /** The tables that events write to, in the order in which a batch writes them. */
  readonly relations: readonly Relation[]
  /** The event types that have a handler. */
  readonly handledTypes: readonly string[]
  /** The handled types and the ignored ones: every event type that the mapping knows. */
  readonly knownTypes: readonly string[]
}

/** Derives from a migration what the rest of the package needs of it. */
export function compile(migration: Migration): CompiledMigration {
  const { name, revision, source, tables, handlers } = migration
  const knownTypes = [...handlers.keys()]
  const protect = protection(source)
  return Object.freeze({
    name,
    revision,
    source,
    map: createMapper(migration, protect),
    protect,
    relations: Object.values(tables).flatMap(relationsOf),
    handledTypes: knownTypes.filter((type) => handlers.get(type) !== 'ignore'),
    knownTypes,
  })
}
