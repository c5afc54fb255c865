import { definitionOf, textsDigest, type Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort, RegistryPort } from '../warehouse/index.ts'
import { generationsOf, latestWith, readGenerations, type Generation } from './generations.ts'
import { readCheckpoints } from './checkpoints.ts'
import { countReceipts, type ReceiptCounts } from './replay.ts'
import { finishedGeneration } from './runs.ts'
import { isAlive, readWorkers, type Worker } from './workers.ts'

/** Where a migration stands in a warehouse. */
export interface MigrationStatus {
  readonly migration: string
  /** The fingerprint of the definition in the config. */
  readonly fingerprint: string
  /** Under which number the warehouse knows it; undefined when it was not applied. */
  readonly generation: number | undefined
  /** The number of the migration's latest definition; undefined when none was applied. */
  readonly latest: number | undefined
  /** Whether the handlers' text is another than when the definition was applied. */
  readonly handlersChanged: boolean
  /** The workers that were alive a short time ago, those of an older definition first. */
  readonly workers: readonly Worker[]
  /** How many of those write under an older definition: what they write is to be replayed. */
  readonly olderWorkers: number
  /** Whether a migration has replayed all of history since event types, or how they are mapped, changed last. */
  readonly isMigrated: boolean
  /** What receipts say under the latest definition. Events without a receipt are only known from their source. */
  readonly receipts: ReceiptCounts
}

/** Where a migration stands in a warehouse. Reads all its receipts. Rejects when the warehouse cannot be read. */
export async function statusOf(
  migration: Migration,
  warehouse: Pick<ReadPort, 'countBy'> & RegistryPort,
  { now = new Date(), ...options }: CallOptions & { readonly now?: Date } = {},
): Promise<MigrationStatus> {
  const definition = definitionOf(migration)
  const generations = await readGenerations(warehouse, options)
  const latest = generationsOf(generations, migration.name).at(-1)
  const own = latestWith(generations, definition)
  const isLatest = own !== undefined && own.number === latest?.number
  const alive =
    latest === undefined
      ? []
      : (await readWorkers(migration, warehouse, options)).filter((worker) => isAlive(worker, now))
  const older = alive.filter(({ generation }) => generation < (latest?.number ?? 0))
  return {
    migration: migration.name,
    fingerprint: definition.fingerprint,
    generation: own?.number,
    latest: latest?.number,
    handlersChanged: isLatest && textsDigest(own.texts) !== textsDigest(definition.texts),
    workers: alive.toSorted((a, b) => a.generation - b.generation),
    olderWorkers: older.length,
    isMigrated: latest !== undefined && (await isMigrated(migration, latest, warehouse, options)),
    receipts: latest
      ? await countReceipts(migration, latest, warehouse, options)
      : { counting: 0, stale: 0, quarantined: 0 },
  }
}

/** Receipts tell of events that were applied once; that all were, only a run that has reached its end tells. */
async function isMigrated(
  migration: Migration,
  { counting }: Generation,
  warehouse: RegistryPort,
  options: CallOptions,
): Promise<boolean> {
  const finished = finishedGeneration(await readCheckpoints(migration, warehouse, options))
  return finished !== undefined && Object.values(counting.types).every((since) => since <= finished)
}
