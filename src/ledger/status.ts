import { definitionOf, textsDigest, type Migration } from '../mapping/index.ts'
import type { CallOptions, ReadPort, RegistryPort } from '../warehouse/index.ts'
import { generationsOf, latestWith, readGenerations } from './generations.ts'
import { countReceipts, type ReceiptCounts } from './replay.ts'
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
  /** Whether the text of the handlers has changed since the definition was applied. */
  readonly handlersChanged: boolean
  /** The workers that were alive within the last five minutes, those of an older definition first. */
  readonly workers: readonly Worker[]
  /** How many of those write under an older definition: what they write is to be replayed. */
  readonly olderWorkers: number
  /** What receipts say under the latest definition. Events without a receipt are only known from their source. */
  readonly receipts: ReceiptCounts
}

const NO_RECEIPTS: ReceiptCounts = Object.freeze({ counting: 0, stale: 0, quarantined: 0 })

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
  const generations = await readGenerations(warehouse, options)
  const latest = generationsOf(generations, migration.name).at(-1)
  const own = latestWith(generations, definition)
  const isLatest = own !== undefined && own.number === latest?.number
  const workers = latest === undefined ? [] : await readWorkers(migration, warehouse, options)
  const alive = workers.filter((worker) => isAlive(worker, now))
  return {
    migration: migration.name,
    fingerprint: definition.fingerprint,
    generation: own?.number,
    latest: latest?.number,
    handlersChanged: isLatest && textsDigest(own.texts) !== textsDigest(definition.texts),
    workers: alive.toSorted((a, b) => a.generation - b.generation),
    olderWorkers: alive.filter(({ generation }) => generation < (latest?.number ?? 0)).length,
    receipts: latest ? await countReceipts(migration, latest, warehouse, options) : NO_RECEIPTS,
  }
}
