import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { ChangeoverError, redactUrl } from '../core/index.ts'
import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { packBatches } from './pack-batches.ts'
import type { OutgoingMessage, Queue, QueueLimits, ReceivedMessage, SendOutcome } from './port.ts'
import { entryId, requestBatch, type BatchAnswer, type ItemOutcome } from './sqs-batch.ts'
import { sqsErrors } from './sqs-errors.ts'

type Sdk = typeof import('@aws-sdk/client-sqs')

/** The part of the application's own `SQSClient` that is used here. */
export interface SqsClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** Options of {@link sqs}. */
export interface SqsOptions {
  /** @defaultValue {@link DEFAULT_QUEUE_LIMITS}: 262,144 bytes per message and per batch, 10 messages per batch */
  readonly limits?: Partial<QueueLimits>
}

/**
 * A standard SQS queue, through the application's own client, whose endpoint, region, credentials, retries and timeouts apply.
 *
 * @throws {@link ChangeoverError} `CONFIG` when `queueUrl` is not a URL or names a FIFO queue, or a limit is out of range.
 * @example
 * import { SQSClient } from '@aws-sdk/client-sqs'
 * import { sqs } from 'changeover/queue'
 *
 * export const queue = sqs(new SQSClient({}), process.env.QUEUE_URL!)
 */
export function sqs(client: SqsClientLike, queueUrl: string, options: SqsOptions = {}): Queue {
  const limits = resolveLimits('sqs', options.limits)
  const place = checkedPlace(queueUrl)
  const service = client as Pick<SQSClient, 'send'>
  // Loaded on first use, so that importing this file does not require the SDK.
  let loading: Promise<Sdk> | undefined
  const sdk = (): Promise<Sdk> => (loading ??= loadSdk())

  /** Makes batch requests for any number of messages; resolves to the ids of those that failed. */
  async function failedIds(
    messages: readonly ReceivedMessage[],
    request: (batch: readonly ReceivedMessage[]) => Promise<BatchAnswer>,
  ): Promise<readonly string[]> {
    const failed: string[] = []
    for (let start = 0; start < messages.length; start += limits.batchEntries) {
      const batch = messages.slice(start, start + limits.batchEntries)
      const outcomes = await requestBatch(batch, () => request(batch))
      failed.push(...outcomes.filter(({ failure }) => failure).map(({ item }) => item.id))
    }
    return failed
  }

  async function sendBatch(batch: readonly OutgoingMessage[], signal: AbortSignal | undefined): Promise<BatchAnswer> {
    const { SendMessageBatchCommand } = await sdk()
    const Entries = batch.map(({ body }, index) => ({ Id: entryId(index), MessageBody: body }))
    return await service.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }), abortable(signal))
  }

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = packBatches(messages, limits)
      const outcomes = [...oversized]
      for (const batch of batches) {
        const sent = await requestBatch(batch, () => sendBatch(batch, signal))
        outcomes.push(...sent.map(sendOutcome))
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
        return Messages.map(receivedMessage)
      } catch (thrown) {
        if (signal?.aborted) return []
        throw sqsErrors.translate(thrown, place)
      }
    },

    async acknowledge(messages) {
      return await failedIds(messages, async (batch) => {
        const { DeleteMessageBatchCommand } = await sdk()
        const Entries = batch.map(({ receiptHandle }, index) => ({ Id: entryId(index), ReceiptHandle: receiptHandle }))
        return await service.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
      })
    },

    async extend(messages, visibilitySeconds) {
      const VisibilityTimeout = Math.ceil(visibilitySeconds)
      return await failedIds(messages, async (batch) => {
        const { ChangeMessageVisibilityBatchCommand } = await sdk()
        const Entries = batch.map(({ receiptHandle }, index) => ({
          Id: entryId(index),
          ReceiptHandle: receiptHandle,
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
        throw sqsErrors.translate(thrown, place)
      }
    },
  })
}

function sendOutcome({ item: { id }, failure }: ItemOutcome<OutgoingMessage>): SendOutcome {
  return failure ? { id, status: 'failed', ...failure } : { id, status: 'sent' }
}

function receivedMessage(message: Message): ReceivedMessage {
  const { ApproximateReceiveCount = 1, SentTimestamp } = message.Attributes ?? {}
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    receiveCount: Number(ApproximateReceiveCount),
    sentAt: SentTimestamp === undefined ? undefined : new Date(Number(SentTimestamp)),
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}

/** The queue as errors name it. Throws for a URL that can never work, so that it shows at start and not at the first message. */
function checkedPlace(queueUrl: string): string {
  if (!/^https?:\/\/[^/]/.test(queueUrl)) {
    throw new ChangeoverError('CONFIG', 'The queue URL is missing or not a URL.', {
      remedy: 'Pass the whole URL of the queue, as `aws sqs get-queue-url` prints it.',
    })
  }
  const place = placeOf(queueUrl)
  if (place.endsWith('.fifo')) {
    throw new ChangeoverError('CONFIG', `The queue ${place} is a FIFO queue.`, {
      remedy:
        'Use a standard queue: the order of messages does not matter here, and a FIFO queue limits the throughput.',
    })
  }
  return place
}

/** Local servers return URLs that Node cannot parse: `http://sqs.eu-west-1.127.0.0.1:4566/…`. */
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
