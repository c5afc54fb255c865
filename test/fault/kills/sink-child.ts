// A sink that works until its parent says otherwise, or kills it.
import { SQSClient } from '@aws-sdk/client-sqs'
import { sqs, type Queue } from '../../../src/queue/index.ts'
import { createSink } from '../../../src/sink/index.ts'
import { childOf, say, sayFailed, telling, tellingWarehouse } from './child.ts'
import { steps } from './migration.ts'

export interface SinkSettings {
  readonly warehouseUrl: string
  readonly queueUrl: string
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  readonly visibilitySeconds: number
}

const { settings: json, stop } = childOf()
const settings = JSON.parse(json) as SinkSettings
const client = new SQSClient(settings.client)
const real = sqs(client, settings.queueUrl, { requestTimeoutMs: 2000 })
let [redelivered, mostReceived] = [0, 0]
const queue: Queue = {
  ...real,
  receive: (options) =>
    telling('receiving', async () => {
      const messages = await real.receive(options)
      redelivered += messages.filter(({ receiveCount }) => receiveCount > 1).length
      mostReceived = Math.max(mostReceived, ...messages.map(({ receiveCount }) => receiveCount))
      return messages
    }),
  async acknowledge(messages) {
    const failed = await telling('acknowledging', () => real.acknowledge(messages))
    tellCounts()
    return failed
  },
}
const warehouse = tellingWarehouse(settings.warehouseUrl)
const sink = createSink(steps, {
  warehouse,
  queue,
  batchMessages: 5,
  visibilitySeconds: settings.visibilitySeconds,
  waitSeconds: 1,
})

function tellCounts(): void {
  say({ kind: 'counts', counts: { ...sink.counters, ...warehouse.counters, redelivered, mostReceived } })
}

try {
  await sink.run({ signal: stop })
  tellCounts()
} catch (thrown) {
  sayFailed(thrown)
}
await warehouse.close()
client.destroy()
process.removeAllListeners('disconnect')
process.disconnect()
