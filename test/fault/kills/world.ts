import { randomBytes } from 'node:crypto'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient, type Collection } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { startOwnDatabase, type Engine, type OwnDatabase, type SqsEndpoint } from '../../../dev/stack/index.ts'
import { Closers } from '../../../src/core/index.ts'
import { planWarehouse } from '../../../src/ledger/index.ts'
import { sqs, type Queue } from '../../../src/queue/index.ts'
import { mysqlWarehouse, type Warehouse } from '../../../src/warehouse/index.ts'
import { steps, type StepEvent } from './migration.ts'

/** Where a campaign takes place. */
export interface World extends AsyncDisposable {
  /** A server of its own, to be killed. */
  readonly database: OwnDatabase
  readonly warehouseUrl: string
  /** Past the proxies. */
  readonly warehouse: Warehouse
  readonly mongoUrl: string
  readonly collection: Collection<StepEvent>
  readonly sqs: SqsEndpoint
  readonly queueUrl: string
  /** Past the proxies. */
  readonly queue: Queue
  readonly deadLetters: Queue
}

/** The servers that a campaign shares with others: it does not kill them. */
export interface Servers {
  readonly mongoUrl: string
  readonly sqs: SqsEndpoint
}

/**
 * How often SQS delivers a message before it moves it to the dead-letter queue. The usual 3 to 5 are for messages that fail; here a
 * message is delivered again each time that its sink is killed. One that is received 20 times would be a defect.
 */
export const MAX_RECEIVE_COUNT = 20

export async function openWorld(engine: Engine, servers: Servers, say: (line: string) => void): Promise<World> {
  const opened = new Closers()
  try {
    const name = `kills_${randomBytes(6).toString('hex')}`
    const database = opened.use(await startOwnDatabase(engine, { say }))
    say(database.found)
    const owner = await createConnection(database.url)
    await owner.query(`CREATE DATABASE \`${name}\``)
    await owner.end()
    const warehouseUrl = Object.assign(new URL(database.url), { pathname: `/${name}` }).href
    const warehouse = opened.use(mysqlWarehouse(warehouseUrl))
    await warehouse.apply((await planWarehouse(warehouse, [steps])).steps)

    const mongoUrl = Object.assign(new URL(servers.mongoUrl), { pathname: `/${name}` }).href
    const mongo = await new MongoClient(mongoUrl).connect()
    opened.defer(() => mongo.close())
    opened.defer(() =>
      mongo
        .db()
        .dropDatabase()
        .then(() => {}),
    )
    const collection = await mongo.db().createCollection<StepEvent>(steps.source.collection)

    const client = new SQSClient(servers.sqs)
    opened.defer(async () => client.destroy())
    const created = async (of: string, attributes: Record<string, string>): Promise<string> => {
      const answer = await client.send(new CreateQueueCommand({ QueueName: of, Attributes: attributes }))
      return answer.QueueUrl!
    }
    const deadUrl = await created(`${name}_dead`, {})
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['QueueArn'] }),
    )
    const queueUrl = await created(name, {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: Attributes!['QueueArn'],
        maxReceiveCount: MAX_RECEIVE_COUNT,
      }),
    })
    return {
      database,
      warehouseUrl,
      warehouse,
      mongoUrl,
      collection,
      sqs: servers.sqs,
      queueUrl,
      queue: sqs(client, queueUrl),
      deadLetters: sqs(client, deadUrl),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    }
  } catch (thrown) {
    await opened.disposeAsync()
    throw thrown
  }
}
