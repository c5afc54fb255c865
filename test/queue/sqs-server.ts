import { fork } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'

export interface SqsServer {
  readonly endpoint: string
  stop(): Promise<void>
}

/** An SQS server over HTTP: the one that SQS_ENDPOINT names, or one in a process of its own. */
export async function startSqs(): Promise<SqsServer> {
  const given = process.env['SQS_ENDPOINT']
  if (given) return { endpoint: given, stop: async () => {} }
  const child = fork(new URL('sqs-child.ts', import.meta.url), { execArgv: [] })
  const exited = once(child, 'exit')
  const [port] = (await Promise.race([once(child, 'message'), exited.then(failed)])) as [number]
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.disconnect()
      await exited
    },
  }
}

export function sqsClient(endpoint: string): SQSClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'hush-hush' }
  return new SQSClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 })
}

/** Gives the work a queue of its own, by URL. */
export async function freshQueue(client: SQSClient): Promise<{ queueUrl: string; remove: () => Promise<void> }> {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }))
  return {
    queueUrl: QueueUrl,
    async remove() {
      await client.send(new DeleteQueueCommand({ QueueUrl }))
      client.destroy()
    },
  }
}

function failed(): never {
  throw new Error('The SQS server did not start.')
}
