import { definitionOf, textsDigest, type Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort, RegistryPort } from '../warehouse/index.ts'
import { generationsOf, latestWith, readGenerations, type Generation } from './generations.ts'
import { readCheckpoints } from './checkpoints.ts'
import { countReceipts, type ReceiptCounts } from './replay.ts'
import { finishedGeneration } from './runs.ts'
import { isAlive, readWorkers, type Worker } from './workers.ts'

/** The state of a migration in a warehouse. */
export interface MigrationStatus {
  readonly migration: string
  /** The fingerprint of the definition in the config. */
  readonly fingerprint: string
  /** The number under which the warehouse knows it; undefined when it was not applied. */
  readonly generation: number | undefined
  /** The number of the migration's latest definition; undefined when none was applied. */
  readonly latest: number | undefined
  /** Whether the handlers' text is another than when the definition was applied, and than in the last run of it. */
  readonly handlersChanged: boolean
  /** The workers that were alive within the last five minutes, those of an older definition first. */
  readonly workers: readonly Worker[]
  /** How many of those write under an older definition: what they write is to be replayed. */
  readonly olderWorkers: number
  /** Whether a migration has replayed all of history since event types, or how they are mapped, changed last. */
  readonly isMigrated: boolean
  /** What receipts say under the latest definition. Events without a receipt are only known from their source. */
  readonly receipts: ReceiptCounts
}

/**
 * The state of a migration in a warehouse. Reads all its receipts. Rejects with a ChangeoverError when the warehouse cannot be read.
 *
 * @example
 * import { statusOf } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const { generation, latest, olderWorkers, receipts } = await statusOf(history, warehouse)
 * console.log(`Generation ${generation} of ${latest}; ${olderWorkers} older workers; ${receipts.stale} events to be replayed.`)
 */
export async function statusOf(
  migration: Migration,
  warehouse: Pick<ReadPort, 'countBy'> & RegistryPort,
  { now = new Date(), ...options }: CallOptions & { readonly now?: Date } = {},
): Promise<MigrationStatus> {
  const definition = definitionOf(migration)
  const { migration: name } = definition.document
  const generations = await readGenerations(warehouse, options)
  const latest = generationsOf(generations, name).at(-1)
  const own = latestWith(generations, definition)
  const about = {
    migration: name,
    fingerprint: definition.fingerprint,
    generation: own?.number,
    latest: latest?.number,
  }
  if (latest === undefined) return { ...about, ...NOTHING }
  const workers = await readWorkers(migration, warehouse, options)
  const alive = workers.filter((worker) => isAlive(worker, now)).toSorted((a, b) => a.generation - b.generation)
  const checkpoints = await readCheckpoints(migration, warehouse, options)
  const ranTexts = checkpoints.filter(({ generation }) => generation === own?.number).map(({ texts }) => texts)
  const texts = textsDigest(definition.texts)
  return {
    ...about,
    handlersChanged: own?.number === latest.number && ![textsDigest(own.texts), ranTexts.at(-1)].includes(texts),
    workers: alive,
    olderWorkers: alive.filter(({ generation }) => generation < latest.number).length,
    isMigrated: isMigrated(latest, finishedGeneration(checkpoints)),
    receipts: await countReceipts(migration, latest, warehouse, options),
  }
}

const NOTHING = Object.freeze({
  handlersChanged: false,
  workers: Object.freeze([]),
  olderWorkers: 0,
  isMigrated: false,
  receipts: Object.freeze({ counting: 0, stale: 0, quarantined: 0 }),
})

/** Receipts tell of events that were applied once; that all were, only a run that has reached its end tells. */
function isMigrated({ counting }: Generation, finished: number | undefined): boolean {
  return finished !== undefined && Object.values(counting.types).every((since) => since <= finished)
}
