import type { SQSClient } from '@aws-sdk/client-sqs'
import { ChangeoverError, checkOptions, redactUrl } from '../core/index.ts'
import { MAX_WAIT_SECONDS, resolveLimits } from './limits.ts'
import { packBatches } from './pack-batches.ts'
import type { OutgoingMessage, Queue, QueueLimits, ReceivedMessage, SendOutcome } from './port.ts'
import { requestBatch, type BatchAnswer, type ItemOutcome } from './sqs-batch.ts'
import { sqsErrors } from './sqs-errors.ts'
import { SqsRequests } from './sqs-requests.ts'

/** The part of the application's own `SQSClient` that is used here. */
export interface SqsClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** Options of {@link sqs}. */
export interface SqsOptions {
  /** @defaultValue {@link DEFAULT_QUEUE_LIMITS}: 262,144 bytes per message and per batch, 10 messages per batch */
  readonly limits?: Partial<QueueLimits>
  /**
   * How long the service may take to answer a request, in milliseconds: all tries of the client together, and in addition to the time
   * for which `receive` asks it to wait. A request without an answer has failed, and may have had its effect. From 1.
   *
   * @defaultValue 30000
   */
  readonly requestTimeoutMs?: number
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000

/**
 * A standard SQS queue, through the application's own client, whose endpoint, region, credentials, retries and timeouts apply.
 *
 * @param queueUrl may be an environment variable that is not set, which is an error like any other
 * @throws {@link ChangeoverError} `CONFIG` when `queueUrl` is not a URL or names a FIFO queue, or a limit is out of range.
 * @example
 * import { SQSClient } from '@aws-sdk/client-sqs'
 * import { sqs } from 'changeover/queue'
 *
 * export const queue = sqs(new SQSClient({}), process.env.QUEUE_URL)
 */
export function sqs(client: SqsClientLike, queueUrl: string | undefined, options: SqsOptions = {}): Queue {
  const limits = resolveLimits('sqs', options.limits)
  const { url, place } = checkedAddress(queueUrl)
  const timeoutMs = checkOptions('sqs').milliseconds(
    'requestTimeoutMs',
    options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    { min: 1 },
  )
  const requests = new SqsRequests(client as Pick<SQSClient, 'send'>, url, timeoutMs)

  return Object.freeze<Queue>({
    limits,

    async send(messages, { signal } = {}) {
      const { batches, oversized } = packBatches(messages, limits)
      const outcomes = [...oversized]
      for (const batch of batches) {
        const sent = await requestBatch(batch, () => requests.send(batch, signal))
        outcomes.push(...sent.map(sendOutcome))
      }
      return outcomes
    },

    async receive({ max, waitSeconds, visibilitySeconds, signal }) {
      const most = Math.min(max, limits.batchEntries)
      const wait = Math.min(Math.ceil(waitSeconds), MAX_WAIT_SECONDS)
      try {
        return await requests.receive(most, wait, Math.ceil(visibilitySeconds), signal)
      } catch (thrown) {
        if (signal?.aborted) return []
        throw sqsErrors.translate(thrown, place)
      }
    },

    async acknowledge(messages) {
      return await failedIds(messages, limits.batchEntries, (batch) => requests.delete(batch))
    },

    async extend(messages, visibilitySeconds) {
      const seconds = Math.ceil(visibilitySeconds)
      return await failedIds(messages, limits.batchEntries, (batch) => requests.changeVisibility(batch, seconds))
    },

    async approximateDepth() {
      try {
        return await requests.depth()
      } catch (thrown) {
        throw sqsErrors.translate(thrown, place)
      }
    },
  })
}

/** Makes batch requests for any number of messages; resolves to the ids of those that failed. */
async function failedIds(
  messages: readonly ReceivedMessage[],
  batchEntries: number,
  request: (batch: readonly ReceivedMessage[]) => Promise<BatchAnswer>,
): Promise<readonly string[]> {
  const failed: string[] = []
  for (let start = 0; start < messages.length; start += batchEntries) {
    const batch = messages.slice(start, start + batchEntries)
    const outcomes = await requestBatch(batch, () => request(batch))
    failed.push(...outcomes.filter(({ failure }) => failure).map(({ item }) => item.id))
  }
  return failed
}

function sendOutcome({ item: { id }, failure }: ItemOutcome<OutgoingMessage>): SendOutcome {
  return failure ? { id, status: 'failed', ...failure } : { id, status: 'sent' }
}

/** The URL of the queue, and the queue as errors name it. Throws for a URL that can never work, so that it shows at start and not at the first message. */
function checkedAddress(queueUrl: string | undefined): { readonly url: string; readonly place: string } {
  if (queueUrl === undefined || !/^https?:\/\/[^/]/.test(queueUrl)) {
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
  return { url: queueUrl, place }
}

/** Local servers return URLs that Node cannot parse: `http://sqs.eu-west-1.127.0.0.1:4566/…`. */
function placeOf(queueUrl: string): string {
  return URL.canParse(queueUrl) ? redactUrl(queueUrl) : queueUrl.replace(/[?#].*$/s, '').replace(/^.*\//s, '')
}
