import { messageOf } from '../core/index.ts'
import type { Migration } from '../mapping/index.ts'
import {
  heal,
  migrate,
  type HealOptions,
  type HealResult,
  type MigrateOptions,
  type MigrateResult,
} from '../migrate/index.ts'
import { mongoEvents } from '../stream/index.ts'
import type { Context } from './context.ts'
import { EXIT } from './lifetime.ts'
import { ProgressPrinter } from './progress.ts'
import { count, quantity } from './quantity.ts'
import { unknownTypesLines } from './unknown-types-line.ts'

interface Options {
  readonly migration?: string
  readonly ranges?: number
  readonly parallel?: number
  readonly fresh?: boolean
  readonly tables?: readonly string[]
  readonly sameMapping?: boolean
  /** In seconds. */
  readonly outage?: number
  readonly heal?: boolean
}

export async function migrateCommand(context: Context, options: Options): Promise<number> {
  const migration = await context.migration(options.migration)
  return options.heal ? healHistory(context, migration, options) : migrateHistory(context, migration, options)
}

async function migrateHistory(context: Context, migration: Migration, options: Options): Promise<number> {
  const { signal } = context
  const { ranges, parallel, fresh, tables, sameMapping } = options
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const source = mongoEvents((await context.mongo()).db(), migration)
  const progress = new ProgressPrinter({ showsTime: context.options.verbose ?? false })
  const start = performance.now()
  const result = await migrate(migration, {
    source,
    warehouse,
    signal,
    ...(ranges ? { ranges } : {}),
    ...(parallel ? { parallel } : {}),
    ...(fresh ? { fresh } : {}),
    ...(tables ? { tables: tables.flatMap((names) => names.split(',')) } : {}),
    ...(sameMapping ? { sameMapping } : {}),
    ...outageOptions(context, options),
    onProgress: (made) => progress.show(made),
  }).finally(() => progress.end())
  const seconds = (performance.now() - start) / 1000
  context.print({ ...result, seconds }, describeMigration(migration.name, result, seconds))
  const { quarantined, unmapped, left, isOvertaken, outdated } = result
  return isOvertaken || quarantined + unmapped + left + outdated.length > 0 ? EXIT.differences : EXIT.fine
}

async function healHistory(context: Context, migration: Migration, options: Options): Promise<number> {
  const { signal } = context
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const mongo = (await context.mongo()).db()
  const progress = new ProgressPrinter({ showsTime: context.options.verbose ?? false })
  const result = await heal(migration, {
    mongo,
    warehouse,
    signal,
    ...outageOptions(context, options),
    onProgress: (made) => progress.show(made),
  }).finally(() => progress.end())
  context.print(result, describeHealing(migration.name, result))
  return result.quarantined > 0 || result.unmapped > 0 ? EXIT.differences : EXIT.fine
}

/** How long to wait while the warehouse is away, and the line that says so. */
function outageOptions(
  { logger }: Context,
  { outage }: Options,
): Pick<MigrateOptions & HealOptions, 'outageMs' | 'onWait'> {
  return {
    ...(outage === undefined ? {} : { outageMs: outage * 1000 }),
    onWait: ({ thrown, lastedMs }) =>
      logger.warn('waiting for the warehouse', { error: messageOf(thrown), seconds: Math.round(lastedMs / 1000) }),
  }
}

/** The outcome of a run in lines. */
export function describeMigration(name: string, result: MigrateResult, seconds: number): string[] {
  const { events, applied, ignored, quarantined, rows, late, left, outdated, resumed } = result
  const rate = seconds > 0 ? Math.round(events / seconds) : 0
  return [
    `${name}: ${quantity(events, 'event')} in ${seconds.toFixed(1)} s (${count(rate)}/s)${resumed ? ', resumed' : ''}.`,
    `  applied ${count(applied)}, ignored ${count(ignored)}, quarantined ${count(quarantined)}; ${quantity(rows, 'row')} merged; ${quantity(late, 'event')} arrived late.`,
    ...unknownTypesLines(result),
    ...(left > 0
      ? [`  ${quantity(left, 'event')} still to be replayed for other tables: run changeover migrate without --tables.`]
      : []),
    ...(result.isOvertaken
      ? ['  A later definition of it has been applied: run changeover migrate with that one.']
      : []),
    ...outdated.map(describeOutdated),
    ...result.reasons.map((reason) => `  quarantined: ${reason}`),
  ]
}

function describeOutdated({ table, registers }: MigrateResult['outdated'][number]): string {
  const named = registers.map(({ stamp, rows }) => `${quantity(rows, 'row')} by ${stamp}`)
  return `  ${table} holds what only an earlier definition has written (${named.join(', ')}): no migration removes that; migrate into a new database.`
}

/** The outcome of healing in lines. */
export function describeHealing(name: string, result: HealResult): string[] {
  const { healed, open, crashed, events, applied, ignored, quarantined } = result
  return [
    `${name}: ${quantity(healed, 'window')} healed; ${count(open)} replayed up to now and still open.`,
    `  ${quantity(events, 'event')} had no receipt: applied ${count(applied)}, ignored ${count(ignored)}, quarantined ${count(quarantined)}.`,
    ...(crashed > 0 ? [`  ${quantity(crashed, 'observer')} had crashed.`] : []),
    ...unknownTypesLines(result),
    ...result.reasons.map((reason) => `  quarantined: ${reason}`),
  ]
}
