import { ChangeoverError } from '../core/index.ts'
import { planWarehouse, type DefinitionChange, type WarehousePlan } from '../ledger/index.ts'
import { tablesOf } from '../mapping/index.ts'
import type { Step, Warehouse } from '../warehouse/index.ts'
import { concernedReports, readsOf } from './concerned.ts'
import type { Context } from './context.ts'
import { EXIT } from './lifetime.ts'
import { quantity } from './quantity.ts'

interface Options {
  readonly allowDestructive?: boolean
  readonly rollBack?: boolean
  /** False with `--no-indexes`. */
  readonly indexes?: boolean
  /** The hash of the only plan that may be applied. */
  readonly expect?: string
}

export async function planCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, plan, meaning } = await planned(context, options)
  const { steps } = plan
  context.print({ ...printed(plan), meaning }, [
    ...meaningLines(meaning),
    ...keptLines(plan),
    ...steps.map((step) => `-- ${step.why}\n${sqlOf(step)}\n`),
    steps.length === 0
      ? `-- ${warehouse.address} is up to date.`
      : `-- ${warehouse.address}: ${quantity(steps.length, 'change')} pending. To apply exactly these: changeover apply ${flagsOf(options)}--expect ${plan.hash}`,
  ])
  return 0
}

export async function applyCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, plan, meaning } = await planned(context, options)
  const { steps, hash } = plan
  if (options.expect !== undefined && options.expect !== hash) {
    throw new ChangeoverError(
      'SCHEMA',
      `The plan has the hash ${hash}, and --expect names ${options.expect}. Nothing was applied.`,
      {
        remedy: 'The config, the warehouse or the options have changed since that plan. Run changeover plan again.',
      },
    )
  }
  await warehouse.apply(steps, { signal: context.signal })
  context.print({ ...printed(plan), meaning }, [
    ...meaningLines(meaning),
    ...steps.map(({ why }) => `${why}: done`),
    ...keptLines(plan),
    steps.length === 0
      ? `${warehouse.address} is up to date.`
      : `${warehouse.address}: ${quantity(steps.length, 'change')} applied.`,
  ])
  return plan.kept.length > 0 ? EXIT.differences : EXIT.fine
}

/** A change, and the reports that it concerns. */
interface Meaning extends DefinitionChange {
  /** The names of the reports that read the table or the column. */
  readonly reports: readonly string[]
}

interface Planned {
  readonly changes: readonly Meaning[]
  /** How many events are to be replayed, by migration. */
  readonly replay: WarehousePlan['replay']
}

async function planned(
  context: Context,
  { allowDestructive = false, rollBack = false, indexes = true }: Options,
): Promise<{ warehouse: Warehouse; plan: WarehousePlan; meaning: Planned }> {
  const { migrations, reports, calendar } = await context.config()
  const warehouse = context.warehouse()
  const { signal } = context
  await warehouse.dialect({ signal })
  const plan = await planWarehouse(warehouse, migrations, { calendar, allowDestructive, rollBack, indexes, signal })
  const tables = tablesOf(migrations)
  const reads = plan.changes.some(({ table }) => table !== undefined) ? await readsOf(reports) : new Map()
  const changes = plan.changes.map((change) => ({ ...change, reports: concernedReports(change, tables, reads) }))
  return { warehouse, plan, meaning: { changes, replay: plan.replay } }
}

/** What `--json` prints of a plan: without the definitions, which are long. */
function printed({ steps, generations, kept, hash }: WarehousePlan): object {
  return {
    hash,
    kept,
    generations: generations.map(({ number, fingerprint, document: { migration } }) => ({
      number,
      migration,
      fingerprint,
    })),
    steps: steps.map(({ kind, why, sql }) => ({ kind, why, sql })),
  }
}

function meaningLines({ changes, replay }: Planned): string[] {
  const lines = changes.map(({ subject, what, needsReplay, reports }) => {
    const means = needsReplay ? 'online; needs a migration' : 'online'
    const read = reports.length === 0 ? '' : ` Reports that read it: ${reports.join(', ')}.`
    return `-- ${subject} ${what} (${means}).${read}`
  })
  const waiting = Object.entries(replay).filter(([, events]) => events > 0)
  return [
    ...lines,
    ...waiting.map(
      ([migration, events]) =>
        `-- ${quantity(events, 'event')} of ${migration} to be replayed after it: run changeover migrate.`,
    ),
  ]
}

/** What was asked to go and stays. */
function keptLines({ kept }: WarehousePlan): string[] {
  if (kept.length === 0) return []
  return [
    `-- Kept, because a worker that writes to them was alive in the last minutes: ${kept.join(', ')}. Run it again once that worker has ended.`,
  ]
}

/** The options that made the plan, as they are written. */
function flagsOf({ allowDestructive, rollBack, indexes = true }: Options): string {
  return [
    ...(allowDestructive ? ['--allow-destructive '] : []),
    ...(rollBack ? ['--roll-back '] : []),
    ...(indexes ? [] : ['--no-indexes ']),
  ].join('')
}

/** A statement for people; values that are bound are left out. */
function sqlOf({ sql, record }: Step): string {
  return record === undefined ? `${sql};` : `${sql}; -- with the definition as JSON`
}
