// What the user writes, in one file: type-checked here against the sources, and by packed.test.ts against the package.
import { SQSClient } from '@aws-sdk/client-sqs'
import { column as c, defineConfig, defineMigration, dimension, fact, report } from 'changeover'
import { unleashFlags } from 'changeover/flags'
import { migrate, mongoEvents } from 'changeover/migrate'
import { observe } from 'changeover/observer'
import { sqs } from 'changeover/queue'
import { reconcile } from 'changeover/reconcile'
import { createSink, lambdaHandler } from 'changeover/sink'
import { mysqlWarehouse } from 'changeover/warehouse'
import type { MongoClient, ObjectId } from 'mongodb'
import { initialize } from 'unleash-client'

interface Happened<Type extends string, Payload> {
  _id: ObjectId
  seq: number
  type: Type
  entity: { id: string }
  actor: string
  at: Date
  recordedAt: Date
  payload: Payload
}

type RepositoryEvent =
  | Happened<'author.created', { mailDomain: string | null }>
  | Happened<'commit.created', { isMerge: boolean }>
  | Happened<'file.created', { bytes: number; insertions: number | null }>
  | Happened<'file.edited', { bytes: number; insertions: number | null }>
  | Happened<'file.deleted', { insertions: number | null }>

const author = dimension('author', {
  key: { author_id: c.varchar(14) },
  columns: { mail_domain: c.varchar(60).nullable().pii() },
})

const file = dimension('file', {
  key: { path: c.varchar(255) },
  columns: {
    bytes: c.bigint(),
    created_at: c.datetime().first(),
    edited_at: c.datetime().max().nullable(),
  },
})

const change = fact('change', {
  key: { event_id: c.objectId() },
  dimensions: { file, author, day: c.date() },
  measures: { action: c.enum('created', 'edited', 'deleted'), insertions: c.int().nullable() },
})

export const history = defineMigration<RepositoryEvent>()({
  name: 'history',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'recordedAt', entity: 'entity.id' },
  tables: { author, file, change },
  on: {
    'author.created': (e) => author.create({ author_id: e.entity.id }, { mail_domain: e.payload.mailDomain }),
    'file.created': (e) => [
      file.create({ path: e.entity.id }, { bytes: e.payload.bytes, created_at: e.at }),
      changed(e, 'created'),
    ],
    'file.edited': (e) => [
      file.edit({ path: e.entity.id }, { bytes: e.payload.bytes, edited_at: e.at }),
      changed(e, 'edited'),
    ],
    'file.deleted': (e) => [file.delete({ path: e.entity.id }), changed(e, 'deleted')],
    'commit.created': 'ignore',
  },
})

function changed(e: Happened<string, { insertions: number | null }>, action: 'created' | 'edited' | 'deleted') {
  return change.create(
    { event_id: e._id },
    { file_path: e.entity.id, author_id: e.actor, day: e.at, action, insertions: e.payload.insertions },
  )
}

// @ts-expect-error: an event type is missing
defineMigration<RepositoryEvent>()({ ...history, on: { 'commit.created': 'ignore' } })

// @ts-expect-error: there is no such column
file.edit({ path: 'README.md' }, { byte: 1 })

export const changesByAuthor = report('changes_by_author', {
  key: ['author_id'],
  tables: { change },
  legacy: (_params, { mongo }) =>
    mongo
      .collection('events')
      .aggregate([{ $group: { _id: '$actor', changes: { $sum: 1 } } }])
      .map(({ _id, changes }) => ({ author_id: _id, changes }))
      .toArray(),
  warehouse: (_params, db) =>
    db
      .selectFrom('change')
      .select((eb) => ['author_id', eb.fn.countAll<number>().as('changes')])
      .groupBy('author_id'),
})

report('wrong', {
  key: ['path'],
  tables: { change },
  legacy: () => [],
  // @ts-expect-error: the warehouse has no such table
  warehouse: (_params, db) => db.selectFrom('file').select('path'),
})

export const config = defineConfig({ migrations: [history], reports: [changesByAuthor] })

export async function host(mongo: MongoClient, signal: AbortSignal): Promise<unknown> {
  const queue = sqs(new SQSClient({}), 'https://sqs.eu-central-1.amazonaws.com/123456789012/changeover')
  const flags = unleashFlags(initialize({ url: 'https://unleash.example/api', appName: 'host' }))
  await using observer = observe(mongo, history, { queue, flags })
  observer.on('missed', ({ events, reason }) => `${events} missed: ${reason}`)

  await using warehouse = mysqlWarehouse('mysql://user:password@mysql.example/warehouse')
  await createSink(history, { queue, warehouse }).run({ signal })
  await migrate(history, { source: mongoEvents(mongo.db(), history), warehouse, signal })
  return reconcile(config.reports, { mongo: mongo.db(), warehouse, signal })
}

export const handler = lambdaHandler(
  createSink(history, { warehouse: mysqlWarehouse('mysql://user:password@mysql.example/warehouse') }),
)
