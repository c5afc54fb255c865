import { relationsOf, type Relation } from '../star/index.ts'
import { createMapper, type Mapper } from './mapper.ts'
import type { Migration } from './migration.ts'
import { protection, type Protect } from './privacy.ts'
import type { Source } from './source.ts'

/** All that the rest of the package needs of a migration, made once: what reads events and what writes rows never see the definition. */
export interface CompiledMigration {
  readonly name: string
  readonly revision: number
  readonly source: Source
  /** Events to rows. */
  readonly map: Mapper
  /** What the source's `select`, `omit` and `personal` ask for; undefined when that is nothing. */
  readonly protect: Protect | undefined
  /** The tables that events write to, in the order in which a batch writes them. */
  readonly relations: readonly Relation[]
  /** The event types that have a handler. */
  readonly handledTypes: readonly string[]
  /** The event types that have a handler or are ignored: every type that the mapping knows. */
  readonly knownTypes: readonly string[]
}

export function compile(migration: Migration): CompiledMigration {
  const { name, revision, source, tables, handlers } = migration
  const knownTypes = [...handlers.keys()]
  return Object.freeze({
    name,
    revision,
    source,
    map: createMapper(migration),
    protect: protection(source),
    relations: Object.values(tables).flatMap(relationsOf),
    handledTypes: knownTypes.filter((type) => handlers.get(type) !== 'ignore'),
    knownTypes,
  })
}
