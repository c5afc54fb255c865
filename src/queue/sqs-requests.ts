import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { answerWithin, loadOptionalPeer } from '../core/index.ts'
import type { OutgoingMessage, QueueDepth, ReceivedMessage } from './port.ts'
import { entryId, type BatchAnswer } from './sqs-batch.ts'

type Sdk = typeof import('@aws-sdk/client-sqs')

interface SendOptions {
  readonly abortSignal: AbortSignal
}

const NEVER = new AbortController().signal

/** The requests to one SQS queue, each made once. They reject with what the client throws, or when no answer comes in time. */
export class SqsRequests {
  readonly #client: Pick<SQSClient, 'send'>
  readonly #queueUrl: string
  readonly #timeoutMs: number
  #loading: Promise<Sdk> | undefined

  constructor(client: Pick<SQSClient, 'send'>, queueUrl: string, timeoutMs: number) {
    this.#client = client
    this.#queueUrl = queueUrl
    this.#timeoutMs = timeoutMs
  }

  async send(batch: readonly OutgoingMessage[], signal: AbortSignal | undefined): Promise<BatchAnswer> {
    const { SendMessageBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ body }, index) => ({ Id: entryId(index), MessageBody: body }))
    const command = new SendMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries })
    return this.#answer((options) => this.#client.send(command, options), signal)
  }

  /** @param max at most what one request may ask for */
  async receive(
    max: number,
    waitSeconds: number,
    visibilitySeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedMessage[]> {
    const { ReceiveMessageCommand } = await this.#sdk()
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibilitySeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    })
    const request = (options: SendOptions) => this.#client.send(command, options)
    const { Messages = [] } = await this.#answer(request, signal, waitSeconds * 1000)
    return Messages.map(receivedMessage)
  }

  async delete(batch: readonly ReceivedMessage[]): Promise<BatchAnswer> {
    const { DeleteMessageBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ receiptHandle }, index) => ({ Id: entryId(index), ReceiptHandle: receiptHandle }))
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries })
    return this.#answer((options) => this.#client.send(command, options))
  }

  async changeVisibility(batch: readonly ReceivedMessage[], visibilitySeconds: number): Promise<BatchAnswer> {
    const { ChangeMessageVisibilityBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ receiptHandle }, index) => ({
      Id: entryId(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: visibilitySeconds,
    }))
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries })
    return this.#answer((options) => this.#client.send(command, options))
  }

  async depth(): Promise<QueueDepth> {
    const { GetQueueAttributesCommand } = await this.#sdk()
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    })
    const { Attributes = {} } = await this.#answer((options) => this.#client.send(command, options))
    return {
      visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
      inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    }
  }

  // The client's own timeouts are its application's, and by default it has none: one connection that has gone silent would
  // keep a sink waiting without end.
  async #answer<T>(
    request: (options: SendOptions) => Promise<T>,
    signal: AbortSignal = NEVER,
    waitMs: number = 0,
  ): Promise<T> {
    const late = new AbortController()
    try {
      const abortSignal = AbortSignal.any([signal, late.signal])
      return await answerWithin(this.#timeoutMs + waitMs, request({ abortSignal }), NEVER)
    } catch (thrown) {
      late.abort()
      throw thrown
    }
  }

  // Loaded on first use, so that importing this file does not require the SDK.
  #sdk(): Promise<Sdk> {
    return (this.#loading ??= loadOptionalPeer(
      '@aws-sdk/client-sqs',
      'an SQS queue',
      () => import('@aws-sdk/client-sqs'),
    ))
  }
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
