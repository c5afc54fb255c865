import { SQSClient } from '@aws-sdk/client-sqs'
import { destroyUnleash, fixedFlags, unleashFlags, type Flags } from 'changeover/flags'
import { sqs, type QueueSender } from 'changeover/queue'
import { Unleash } from 'unleash-client'

/** The queue and the flags of an observed application, from the environment. */
export interface Connections {
  readonly queue: QueueSender
  readonly flags: Flags
  readonly close: () => void
}

/** Uses Unleash when `UNLEASH_URL` is set. Without it, `OBSERVE=1` turns the flag on, to try it out. */
export function connectionsOf(env: NodeJS.ProcessEnv, appName: string, flag: string): Connections {
  const { SQS_QUEUE_URL: queueUrl, SQS_ENDPOINT: endpoint, UNLEASH_URL: url, UNLEASH_TOKEN: token } = env
  if (queueUrl === undefined) throw new Error('SQS_QUEUE_URL is not set.')
  const client = new SQSClient(endpoint === undefined ? {} : { endpoint })
  const unleash = url
    ? new Unleash({ url, appName, ...(token === undefined ? {} : { customHeaders: { Authorization: token } }) })
    : undefined
  return {
    queue: sqs(client, queueUrl),
    flags: unleash ? unleashFlags(unleash) : fixedFlags({ [flag]: env['OBSERVE'] === '1' }),
    close() {
      if (unleash) destroyUnleash(unleash)
      client.destroy()
    },
  }
}
