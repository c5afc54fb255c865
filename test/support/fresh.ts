import { randomBytes } from 'node:crypto'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { inject, onTestFinished } from 'vitest'
import type { Migration } from '../../src/mapping/migration.ts'
import { planWarehouse } from '../../src/ledger/index.ts'
import { sqs } from '../../src/queue/index.ts'
import type { Queue } from '../../src/queue/port.ts'
import {
  mysqlWarehouse,
  type MysqlWarehouseOptions,
  type Schema,
  type Step,
  type Warehouse,
} from '../../src/warehouse/index.ts'

/** A name that no other suite and no other run on the same server uses. */
export function freshName(): string {
  return `changeover_test_${randomBytes(6).toString('hex')}`
}

/** A new database on the stack's MySQL; dropped when it is disposed of. */
export async function freshSchema(): Promise<{ url: string; name: string } & AsyncDisposable> {
  const name = freshName()
  await onServer(`CREATE DATABASE \`${name}\``)
  const url = new URL(inject('mysqlUrl'))
  url.pathname = `/${name}`
  return { url: url.href, name, [Symbol.asyncDispose]: () => onServer(`DROP DATABASE \`${name}\``) }
}

/** A warehouse without tables in a new database, which is dropped after the test. */
export async function emptyWarehouse(): Promise<Warehouse> {
  const database = await freshSchema()
  const warehouse = mysqlWarehouse(database.url)
  onTestFinished(async () => {
    await warehouse.close()
    await database[Symbol.asyncDispose]()
  })
  return warehouse
}

/** Runs a statement as the stack's own user. */
export async function onServer(sql: string): Promise<void> {
  const connection = await createConnection(inject('mysqlUrl'))
  try {
    await connection.query(sql)
  } finally {
    await connection.end()
  }
}

/** A warehouse of one test or suite. */
export type FreshWarehouse = { readonly warehouse: Warehouse; readonly url: string } & AsyncDisposable

/** A warehouse with the tables of these migrations, in a new database. */
export function freshWarehouse(
  migrations: readonly Migration[],
  options?: MysqlWarehouseOptions,
): Promise<FreshWarehouse> {
  return warehouseWith(async (warehouse) => (await planWarehouse(warehouse, migrations)).steps, options)
}

/** A warehouse with these tables, or with none, in a new database. */
export function freshTables(tables: Schema['tables'] = [], internal: Schema['internal'] = []): Promise<FreshWarehouse> {
  return warehouseWith((warehouse) => warehouse.plan({ tables, internal }))
}

async function warehouseWith(
  plan: (warehouse: Warehouse) => Promise<readonly Step[]>,
  options?: MysqlWarehouseOptions,
): Promise<FreshWarehouse> {
  const database = await freshSchema()
  const warehouse = mysqlWarehouse(database.url, options)
  await warehouse.apply(await plan(warehouse))
  return {
    warehouse,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await warehouse.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** A connected client with a new database (`client.db()`), which is dropped when it is disposed of. */
export async function freshMongo(
  options: MongoClientOptions = {},
): Promise<{ client: MongoClient; url: string } & AsyncDisposable> {
  const url = new URL(inject('mongoUrl'))
  url.pathname = `/${freshName()}`
  const client = new MongoClient(url.href, { monitorCommands: true, ...options })
  await client.connect()
  return {
    client,
    url: url.href,
    async [Symbol.asyncDispose]() {
      await client.db().dropDatabase()
      await client.close()
    },
  }
}

/** A new queue on the stack's SQS; deleted when it is disposed of. */
export async function freshQueue(): Promise<{ queue: Queue; client: SQSClient; url: string } & AsyncDisposable> {
  const client = new SQSClient(inject('sqs'))
  const { QueueUrl: url } = await client.send(new CreateQueueCommand({ QueueName: freshName() }))
  return {
    queue: sqs(client, url),
    client,
    url: url!,
    async [Symbol.asyncDispose]() {
      await client.send(new DeleteQueueCommand({ QueueUrl: url! }))
      client.destroy()
    },
  }
}
