import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, test } from 'vitest'
import { startStack, type Stack } from '../../dev/stack/index.ts'
import { sqs } from '../../src/queue/index.ts'
import { queueContract } from '../contract/queue.ts'
import { freshName } from '../support/fresh.ts'

/** The first run may fetch it. */
const START_MS = 300_000

const isAskedFor = process.env['CHANGEOVER_ELASTICMQ'] === '1' || process.env['ELASTICMQ_ENDPOINT'] !== undefined

if (isAskedFor) {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ only: ['elasticmq'], say: console.error })
  }, START_MS)
  afterAll(() => stack?.stop())

  queueContract('ElasticMQ', async () => {
    const client = new SQSClient(stack.elasticmq)
    const { QueueUrl: url = '' } = await client.send(new CreateQueueCommand({ QueueName: freshName() }))
    return {
      queue: sqs(client, url),
      async dispose() {
        await client.send(new DeleteQueueCommand({ QueueUrl: url }))
        client.destroy()
      },
    }
  })
} else {
  test('the queue contract on ElasticMQ runs with CHANGEOVER_ELASTICMQ=1', ({ skip }) => {
    skip('it needs Java and Maven')
  })
}
