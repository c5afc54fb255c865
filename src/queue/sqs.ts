import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { ChangeoverError, redactUrl } from '../core/index.ts'
import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { pack, tooLarge } from './pack.ts'
import type { OutgoingMessage, Queue, QueueLimits, ReceivedMessage, SendOutcome } from './port.ts'
import { entryId, settle } from './sqs-answer.ts'
import type { BatchAnswer, Settled } from './sqs-answer.ts'
import { errorOf } from './sqs-trouble.ts'

type Sdk = typeof import('@aws-sdk/client-sqs')

/** The application's own `SQSClient`, as far as it is used here. */
export interface SqsClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** Options of {@link sqs}. */
export interface SqsOptions {
  /** @defaultValue {@link DEFAULT_QUEUE_LIMITS}: 262,144 bytes a message and a batch, 10 messages a batch. */
  readonly limits?: Partial<QueueLimits>
}

/**
 * A standard SQS queue, through the application's own client: its endpoint, region, credentials, retries and time-outs hold.
 *
 * @throws {@link ChangeoverError} `CONFIG` when the URL is none, or names a FIFO queue.
 * @example sqs(new SQSClient({}), process.env.QUEUE_URL)
 */
export function sqs(client: SqsClientLike, queueUrl: string, options: SqsOptions = {}): Queue {
  const limits = resolveLimits(options.limits)
  const place = checked(queueUrl)
  const service = client as Pick<SQSClient, 'send'>
  // Loaded on first use, so that importing this room needs no SDK.
  let loading: Promise<Sdk> | undefined
  const sdk = (): Promise<Sdk> => (loading ??= loadSdk())

  async function settleEach(
    messages: readonly ReceivedMessage[],
    request: (batch: readonly ReceivedMessage[]) => Promise<BatchAnswer>,
  ): Promise<readonly string[]> {
    const failed: string[] = []
    for (let start = 0; start < messages.length; start += limits.batchEntries) {
      const batch = messages.slice(start, start + limits.batchEntries)
      const settled = await settle(batch, () => request(batch))
      failed.push(...settled.filter(({ trouble }) => trouble).map(({ item }) => item.id))
    }
    return failed
  }

  async function sendBatch(batch: readonly OutgoingMessage[], signal: AbortSignal | undefined): Promise<BatchAnswer> {
    const { SendMessageBatchCommand } = await sdk()
    const Entries = batch.map(({ body }, position) => ({ Id: entryId(position), MessageBody: body }))
    return await service.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }), abortable(signal))
  }

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = pack(messages, limits)
      const outcomes = oversized.map((message) => tooLarge(message, limits))
      for (const batch of batches) {
        const settled = await settle(batch, () => sendBatch(batch, signal))
        outcomes.push(...settled.map(outcomeOf))
      }
      return outcomes
    },

    async receive({ max, waitSeconds, visibilitySeconds, signal }) {
      try {
        const { ReceiveMessageCommand } = await sdk()
        const command = new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(max, limits.batchEntries),
          WaitTimeSeconds: Math.min(Math.ceil(waitSeconds), MAX_WAIT_SECONDS),
          VisibilityTimeout: Math.ceil(visibilitySeconds),
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        })
        const { Messages = [] } = await service.send(command, abortable(signal))
        return Messages.map(received)
      } catch (thrown) {
        if (signal?.aborted) return []
        throw errorOf(thrown, place)
      }
    },

    async acknowledge(messages) {
      return await settleEach(messages, async (batch) => {
        const { DeleteMessageBatchCommand } = await sdk()
        const Entries = batch.map(({ receipt }, position) => ({ Id: entryId(position), ReceiptHandle: receipt }))
        return await service.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
      })
    },

    async extend(messages, visibilitySeconds) {
      const VisibilityTimeout = Math.ceil(visibilitySeconds)
      return await settleEach(messages, async (batch) => {
        const { ChangeMessageVisibilityBatchCommand } = await sdk()
        const Entries = batch.map(({ receipt }, position) => ({
          Id: entryId(position),
          ReceiptHandle: receipt,
          VisibilityTimeout,
        }))
        return await service.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
      })
    },

    async approximateDepth() {
      try {
        const { GetQueueAttributesCommand } = await sdk()
        const { Attributes = {} } = await service.send(
          new GetQueueAttributesCommand({
            QueueUrl: queueUrl,
            AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
          }),
        )
        return {
          visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
          inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
        }
      } catch (thrown) {
        throw errorOf(thrown, place)
      }
    },
  })
}

function outcomeOf({ item, trouble }: Settled<OutgoingMessage>): SendOutcome {
  if (!trouble) return { id: item.id, status: 'sent' }
  return { id: item.id, status: 'failed', retryable: trouble.retryable, reason: trouble.reason }
}

function received(message: Message): ReceivedMessage {
  const { ApproximateReceiveCount = 1, SentTimestamp } = message.Attributes ?? {}
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receipt: message.ReceiptHandle ?? '',
    receiveCount: Number(ApproximateReceiveCount),
    sentAt: SentTimestamp === undefined ? undefined : new Date(Number(SentTimestamp)),
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}

/** Refuses what can never work, before the first message does; gives the queue as errors name it. */
function checked(queueUrl: string): string {
  if (!/^https?:\/\/[^/]/.test(queueUrl)) {
    throw new ChangeoverError('CONFIG', 'The queue URL is missing or not a URL.', {
      remedy: 'Give the whole URL of the queue, as `aws sqs get-queue-url` prints it.',
    })
  }
  const place = placeOf(queueUrl)
  if (place.endsWith('.fifo')) {
    throw new ChangeoverError('CONFIG', `The queue ${place} is a FIFO queue.`, {
      remedy: 'Use a standard queue: nothing here needs an order, and a FIFO queue would limit the throughput.',
    })
  }
  return place
}

/** Local servers give URLs that are none to Node: `http://sqs.eu-west-1.127.0.0.1:4566/…`. */
function placeOf(queueUrl: string): string {
  return URL.canParse(queueUrl) ? redactUrl(queueUrl) : queueUrl.replace(/[?#].*$/s, '').replace(/^.*\//s, '')
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-sqs')
  } catch (thrown) {
    throw new ChangeoverError('CONFIG', 'The package @aws-sdk/client-sqs cannot be loaded.', {
      remedy: 'Add it to the application: npm install @aws-sdk/client-sqs',
      cause: thrown,
    })
  }
}
