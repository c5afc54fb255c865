import { createApplier, type Applier } from '../apply/index.ts'
import { messageOf, type Logger } from '../core/index.ts'
import type { Sender } from '../event/index.ts'
import { findRegistered, Heartbeat, type RegisteredMigration } from '../ledger/index.ts'
import type { Migration } from '../mapping/index.ts'
import type { CallOptions, MergePort, RegistryPort } from '../warehouse/index.ts'

/** The generation of events whose definition the warehouse does not know: the least, so that any other copy outranks them. */
const UNKNOWN_GENERATION = 0

/** A worker's tools, made once the warehouse knows its definition. */
export class Working {
  readonly applier: Applier
  readonly migration: string
  readonly generation: number
  readonly heartbeat: Heartbeat
  readonly #registered: RegisteredMigration

  private constructor(registered: RegisteredMigration, warehouse: MergePort, logger: Logger) {
    this.migration = registered.compiled.name
    this.generation = registered.compiled.generation
    this.applier = createApplier(registered.compiled, warehouse)
    this.heartbeat = new Heartbeat(registered.compiled, warehouse, 'sink', {
      trouble: (thrown) => logger.warn('could not say that this sink is alive', { error: messageOf(thrown) }),
    })
    this.#registered = registered
  }

  /** Rejects with a ChangeoverError `UNREGISTERED` while the definition is not applied, and as `scan` does. */
  static async begin(
    migration: Migration,
    { warehouse, logger }: { readonly warehouse: MergePort & RegistryPort; readonly logger: Logger },
    options: CallOptions,
  ): Promise<Working> {
    return new Working(await findRegistered(migration, warehouse, options), warehouse, logger)
  }

  /** The generation under which the events of a message are applied. */
  generationOf(sender: Omit<Sender, 'migration'>): number {
    return generationFor(this.#registered, sender)
  }
}

/**
 * The generation under which a worker applies the events of a message. Another definition may have let only a part of them leave the
 * host. Then they are stamped with its number, so that the migrated copies outrank them.
 */
export function generationFor(
  { compiled, known }: RegisteredMigration,
  { definition, capture }: Omit<Sender, 'migration'>,
): number {
  if (capture === compiled.definition.document.capture) return compiled.generation
  const sent = known.findLast(({ fingerprint }) => fingerprint === definition)
  return Math.min(sent?.number ?? UNKNOWN_GENERATION, compiled.generation)
}
