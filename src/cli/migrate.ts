import type { Db } from 'mongodb'
import { ChangeoverError, messageOf } from '../core/index.ts'
import type { Migration } from '../mapping/index.ts'
import { heal, migrate } from '../migrate/index.ts'
import { explainMongo, sourceOf } from '../stream/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { Context } from './context.ts'
import { count, Progress } from './progress.ts'

interface Options {
  readonly migration?: string
  readonly ranges?: number
  readonly parallel?: number
  readonly fresh?: boolean
  readonly heal?: boolean
}

export async function migrateCommand(context: Context, { migration: name, ...options }: Options): Promise<number> {
  const migration = await context.migration(name)
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const mongo = (await context.mongo()).db()
  await requireCollection(migration, mongo)
  if (options.heal) return healCommand(context, migration, mongo, warehouse)
  const progress = new Progress('migrated')
  const start = performance.now()
  const { signal } = context
  const { ranges, parallel, fresh } = options
  const result = await migrate(migration, {
    mongo,
    warehouse,
    signal,
    ...(ranges ? { ranges } : {}),
    ...(parallel ? { parallel } : {}),
    ...(fresh ? { fresh } : {}),
    onProgress: ({ events, total }) => progress.show(events, total),
    onWait: ({ thrown, lastedMs }) =>
      context.logger.warn('waiting for the warehouse', {
        error: messageOf(thrown),
        seconds: Math.round(lastedMs / 1000),
      }),
  }).finally(() => progress.end())
  const seconds = (performance.now() - start) / 1000
  const { events, applied, ignored, quarantined, rows, late, unmapped } = result
  context.print({ ...result, seconds }, [
    `${migration.name}: ${count(events)} events in ${seconds.toFixed(1)} s (${count(Math.round(events / seconds))}/s)${result.resumed ? ', resumed' : ''}.`,
    `  applied ${count(applied)}, ignored ${count(ignored)}, quarantined ${count(quarantined)}; ${count(rows)} rows merged; ${count(late)} events came late.`,
    ...(unmapped > 0 ? [`  ${count(unmapped)} events are of types that the mapping does not know.`] : []),
    ...result.reasons.map((reason) => `  quarantined: ${reason}`),
  ])
  return quarantined > 0 ? 1 : 0
}

async function healCommand(context: Context, migration: Migration, mongo: Db, warehouse: Warehouse): Promise<number> {
  const { signal } = context
  const progress = new Progress('windows')
  const result = await heal(migration, {
    mongo,
    warehouse,
    signal,
    onProgress: ({ windows, of }) => progress.show(windows, of),
  }).finally(() => progress.end())
  const { healed, open, crashed, events, applied, ignored, quarantined } = result
  context.print(result, [
    `${migration.name}: ${count(healed)} windows healed; ${count(open)} replayed up to now and still open.`,
    `  ${count(events)} events had no receipt: applied ${count(applied)}, ignored ${count(ignored)}, quarantined ${count(quarantined)}.`,
    ...(crashed > 0 ? [`  ${count(crashed)} observers had ended without saying so.`] : []),
    ...result.reasons.map((reason) => `  quarantined: ${reason}`),
  ])
  return quarantined > 0 ? 1 : 0
}

/** MongoDB takes a database or a collection that is not there for an empty one; a migration of nothing would look fine. */
async function requireCollection(migration: Migration, mongo: Db): Promise<void> {
  const { dbName, collectionName } = sourceOf(migration, mongo).collection
  const found = await mongo.client
    .db(dbName)
    .listCollections({ name: collectionName }, { nameOnly: true })
    .toArray()
    .catch((thrown: unknown) => {
      throw explainMongo(thrown)
    })
  if (found.length > 0) return
  throw new ChangeoverError('CONFIG', `MongoDB has no collection ${dbName}.${collectionName}.`, {
    remedy: `Check the database that MONGODB_URL names, and the source of the migration ${migration.name}.`,
  })
}
