import { ChangeoverError } from '../core/index.ts'
import { compile, definitionOf, type CompiledMigration, type Migration } from '../mapping/index.ts'
import type { CallOptions, RegistryPort } from '../warehouse/index.ts'
import { generationsOf, latestWith, readGenerations, type Generation } from './generations.ts'

/** A migration as a warehouse knows it. */
export interface RegisteredMigration {
  readonly compiled: CompiledMigration
  /** The definitions of the migration that the warehouse knows, the earliest first; none where it needs no registration. */
  readonly known: readonly Generation[]
}

/**
 * Looks up the generation under which a warehouse knows the definition of a migration. Rejects with a ChangeoverError `UNREGISTERED` when it
 * was not applied there, and as `scan` does.
 */
export async function findRegistered(
  migration: Migration,
  warehouse: RegistryPort,
  options: CallOptions = {},
): Promise<RegisteredMigration> {
  if (!warehouse.hasRegistry) return { compiled: compile(migration), known: [] }
  const definition = definitionOf(migration)
  const generations = await readGenerations(warehouse, options)
  const known = generationsOf(generations, migration.name)
  const generation = latestWith(generations, definition)
  if (generation !== undefined) return { compiled: compile(migration, generation, definition), known }
  const fingerprint = definition.fingerprint.slice(0, 8)
  throw new ChangeoverError(
    'UNREGISTERED',
    `The definition of the migration ${migration.name} (fingerprint ${fingerprint}…) was not applied to this warehouse.`,
    {
      remedy:
        known.length === 0
          ? 'Run changeover apply.'
          : `Run changeover apply with the config that is deployed here.${migration.source.hmacKey ? ' If that says it is up to date, the environment differs: compare hmacKey.' : ''}`,
    },
  )
}

/** The compiled migration that {@link findRegistered} finds. */
export async function compileRegistered(
  migration: Migration,
  warehouse: RegistryPort,
  options: CallOptions = {},
): Promise<CompiledMigration> {
  return (await findRegistered(migration, warehouse, options)).compiled
}
