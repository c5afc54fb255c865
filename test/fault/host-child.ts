// An observed host: it inserts events as fast as it can, until it gets a signal or is killed.
import { SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient } from 'mongodb'
import { fixedFlags } from '../../src/flags/index.ts'
import { observe } from '../../src/observer/index.ts'
import { sqs } from '../../src/queue/index.ts'
import { step, steps, STEPS_FLAG } from '../observer/steps.ts'

const { mongoUrl, endpoint, queueUrl, name, isOn, spill } = JSON.parse(process.argv[2]!) as {
  readonly mongoUrl: string
  readonly endpoint: string
  readonly queueUrl: string
  readonly name: string
  readonly isOn: boolean
  readonly spill?: string
}
process.on('unhandledRejection', () => process.exit(70))
process.on('uncaughtException', () => process.exit(71))
const client = new MongoClient(mongoUrl, { monitorCommands: true })
await client.connect()
const credentials = { accessKeyId: 'local', secretAccessKey: 'hush-hush' }
const queue = sqs(new SQSClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 }), queueUrl)
const observer = observe(client, steps, {
  queue,
  flags: fixedFlags({ [STEPS_FLAG]: isOn }),
  coverage: { heartbeatMs: 100 },
  limits: { bufferEvents: 50, lingerMs: 5 },
  ...(spill ? { overflow: { spill: { directory: spill } } } : {}),
})

let isOver = false
process.once('SIGTERM', () => void (isOver = true))
const events = client.db().collection('events')
let [inserted, failed] = [0, 0]
while (!isOver && inserted < 5000) {
  await events.insertOne(step(`${name}-${inserted}`)).then(
    () => inserted++,
    () => failed++,
  )
  if (inserted % 25 === 0) process.send?.({ inserted, failed })
}
await observer.close({ timeoutMs: 500 })
await client.close()
process.send?.({ inserted, failed, isClosed: true })
process.disconnect()
