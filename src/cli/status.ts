import { statusOf, type MigrationStatus } from '../ledger/index.ts'
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

/** Where a migration stands, in lines. */
export function describeStatus(status: MigrationStatus): string[] {
  const { migration, generation, latest, handlersChanged, workers, isMigrated, receipts } = status
  const { counting, stale, quarantined } = receipts
  return [
    generation === undefined
      ? `${migration}: the definition in the config was not applied${latest === undefined ? '' : `; the latest is generation ${latest}`}. Run changeover apply.`
      : generation === latest
        ? `${migration}: generation ${generation}.`
        : `${migration}: the config has generation ${generation}, and the latest is ${latest}.`,
    `  ${quantity(counting, 'event')} applied or ignored under it, ${count(quarantined)} in quarantine.`,
    ...(latest !== undefined && !isMigrated
      ? ['  No migration of all its tables has reached its end since: run changeover migrate.']
      : []),
    ...(stale > 0 ? [`  ${quantity(stale, 'event')} to be replayed: run changeover migrate.`] : []),
    ...workers.map(
      ({ name, generation: of, lastSeen }) =>
        `  worker ${name}, generation ${of}${of < (latest ?? 0) ? ' (older)' : ''}, last seen ${lastSeen.toISOString()}`,
    ),
    ...(handlersChanged
      ? [
          '  The handlers have changed since it was applied, and the revision has not: raise it, or migrate with --same-mapping.',
        ]
      : []),
  ]
}
