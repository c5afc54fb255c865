import { statusOf, type MigrationStatus, type Worker } from '../ledger/index.ts'
import type { Context } from './context.ts'
import { EXIT } from './lifetime.ts'
import { count, quantity } from './quantity.ts'

export async function statusCommand(
  context: Context,
  { migration: name }: { readonly migration?: string },
): Promise<number> {
  const migrations = name === undefined ? (await context.config()).migrations : [await context.migration(name)]
  const warehouse = context.warehouse()
  const { signal } = context
  await warehouse.dialect({ signal })
  const statuses: MigrationStatus[] = []
  for (const migration of migrations) statuses.push(await statusOf(migration, warehouse, { signal }))
  context.print({ migrations: statuses }, statuses.flatMap(describeStatus))
  return statuses.every(isSettled) ? EXIT.fine : EXIT.differences
}

/** Whether the warehouse needs nothing of anyone, as far as it can tell without the source. */
export function isSettled({
  generation,
  latest,
  handlersChanged,
  olderWorkers,
  isMigrated,
  receipts,
}: MigrationStatus): boolean {
  const isApplied = generation !== undefined && generation === latest
  return (
    isApplied &&
    isMigrated &&
    !handlersChanged &&
    olderWorkers === 0 &&
    receipts.stale === 0 &&
    receipts.quarantined === 0
  )
}

/** The state of a migration, in lines. */
export function describeStatus(status: MigrationStatus): string[] {
  const { workers, latest, handlersChanged, isMigrated, receipts } = status
  const { counting, stale, quarantined } = receipts
  return [
    describeGeneration(status),
    `  Events applied or ignored under it: ${count(counting)}. Events in quarantine: ${count(quarantined)}.`,
    ...(latest !== undefined && !isMigrated
      ? ['  No migration of all its tables has reached its end since: run changeover migrate.']
      : []),
    ...(stale > 0 ? [`  ${quantity(stale, 'event')} to be replayed: run changeover migrate.`] : []),
    ...workers.map((worker) => describeWorker(worker, latest)),
    ...(handlersChanged
      ? [
          '  The text of the handlers has changed since it was applied, but the revision has not. Raise it if they map any event differently.',
        ]
      : []),
  ]
}

function describeGeneration({ migration, generation, latest }: MigrationStatus): string {
  if (generation === undefined) {
    const known = latest === undefined ? '' : `; the latest one is generation ${latest}`
    return `${migration}: the definition in the config was not applied${known}. Run changeover apply.`
  }
  if (generation === latest) return `${migration}: generation ${generation}.`
  return `${migration}: the config has generation ${generation}, and the latest one is ${latest}. Use the newer config; or, to go back, run changeover apply --roll-back.`
}

function describeWorker({ name, generation, lastSeen }: Worker, latest: number | undefined): string {
  const older = generation < (latest ?? 0) ? ' (older)' : ''
  return `  worker ${name}, generation ${generation}${older}, last seen ${lastSeen.toISOString()}`
}
