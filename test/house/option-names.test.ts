import type { Db, MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { changeStreamTap, observe, type ObserveOptions } from '../../src/exports/observer.ts'
import { fixedFlags } from '../../src/exports/flags.ts'
import { heal, migrate, type HealOptions, type MigrateOptions } from '../../src/exports/migrate.ts'
import { memoryQueue } from '../../src/exports/queue.ts'
import { reconcile } from '../../src/exports/reconcile.ts'
import { createSink, lambdaHandler } from '../../src/exports/sink.ts'
import { checkConvergence, memoryWarehouse } from '../../src/exports/testing.ts'
import { mysqlWarehouse } from '../../src/exports/warehouse.ts'

const warehouse = memoryWarehouse()
const queue = memoryQueue()
const observed = (more: object): ObserveOptions => ({ queue, flags: fixedFlags({}), ...more })
const client = {} as MongoClient
const namespace = { database: 'app', collection: 'events' }
const url = 'mysql://u@127.0.0.1:1/w'

/** Each public function that takes options, with one that is misspelt. */
const CASES: readonly [string, string, string, (misspelt: object) => unknown][] = [
  ['observe', 'maxEventByte', 'maxEventBytes', (more) => observe(client, history, observed(more))],
  [
    'observe',
    'limits.lingerMS',
    'limits.lingerMs',
    () => observe(client, history, observed({ limits: { lingerMS: 1 } })),
  ],
  [
    'observe',
    'coverage.heartbeat',
    'coverage.heartbeatMs',
    () => observe(client, history, observed({ coverage: { heartbeat: 1 } })),
  ],
  [
    'observe',
    'overflow.spill.directry',
    'overflow.spill.directory',
    () => observe(client, history, observed({ overflow: { spill: { directry: '/tmp' } } })),
  ],
  [
    'changeStreamTap',
    'idleSave',
    'idleSaveMs',
    (more) => changeStreamTap(client, namespace, { migration: 'history', ...more }),
  ],
  [
    'memoryQueue',
    'limits.messageByte',
    'limits.messageBytes',
    () => memoryQueue({ limits: { messageByte: 1 } as object }),
  ],
  ['createSink', 'wharehouse', 'warehouse', (more) => createSink(history, { queue, ...more } as never)],
  ['createSink', 'batchMesages', 'batchMessages', (more) => createSink(history, { warehouse, ...more })],
  [
    'lambdaHandler',
    'reportBatchItemFailure',
    'reportBatchItemFailures',
    (more) => lambdaHandler(createSink(history, { warehouse }), more),
  ],
  ['migrate', 'outageMS', 'outageMs', (more) => migrate(history, { warehouse, ...more } as unknown as MigrateOptions)],
  ['heal', 'settlMs', 'settleMs', (more) => heal(history, { warehouse, ...more } as unknown as HealOptions)],
  [
    'reconcile',
    'param',
    'params',
    (more) => reconcile([], { mongo: {} as Db, warehouse: mysqlWarehouse(url), ...more }),
  ],
  ['mysqlWarehouse', 'statementTimeout', 'statementTimeoutMs', (more) => mysqlWarehouse(url, more)],
  [
    'mysqlWarehouse',
    'retry.trie',
    'retry.tries',
    () => mysqlWarehouse(url, { retry: { trie: 1, baseMs: 1, capMs: 1 } as never }),
  ],
  [
    'checkConvergence',
    'maxEvent',
    'maxEvents',
    (more) => checkConvergence(history, [], { ...warehouse, address: '' }, more),
  ],
]

test.each(CASES)('%s refuses the misspelt option %s, and names %s', async (owner, misspelt, meant, call) => {
  const given = async (): Promise<unknown> => await call({ [misspelt]: 1 })
  await expect(given()).rejects.toMatchObject({
    code: 'CONFIG',
    message: `The option ${misspelt} of ${owner} does not exist.`,
    remedy: `Write ${meant}.`,
  })
})
