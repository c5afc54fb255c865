import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { loadOptionalPeer } from '../core/index.ts'
import type { OutgoingMessage, QueueDepth, ReceivedMessage } from './port.ts'
import { entryId, type BatchAnswer } from './sqs-batch.ts'

type Sdk = typeof import('@aws-sdk/client-sqs')

/** The requests to one SQS queue, each made once. They reject with what the client throws. */
export class SqsRequests {
  readonly #client: Pick<SQSClient, 'send'>
  readonly #queueUrl: string
  #loading: Promise<Sdk> | undefined

  constructor(client: Pick<SQSClient, 'send'>, queueUrl: string) {
    this.#client = client
    this.#queueUrl = queueUrl
  }

  async send(batch: readonly OutgoingMessage[], signal: AbortSignal | undefined): Promise<BatchAnswer> {
    const { SendMessageBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ body }, index) => ({ Id: entryId(index), MessageBody: body }))
    const command = new SendMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries })
    return await this.#client.send(command, abortable(signal))
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
    const { Messages = [] } = await this.#client.send(command, abortable(signal))
    return Messages.map(receivedMessage)
  }

  async delete(batch: readonly ReceivedMessage[]): Promise<BatchAnswer> {
    const { DeleteMessageBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ receiptHandle }, index) => ({ Id: entryId(index), ReceiptHandle: receiptHandle }))
    return await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }))
  }

  async changeVisibility(batch: readonly ReceivedMessage[], visibilitySeconds: number): Promise<BatchAnswer> {
    const { ChangeMessageVisibilityBatchCommand } = await this.#sdk()
    const Entries = batch.map(({ receiptHandle }, index) => ({
      Id: entryId(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: visibilitySeconds,
    }))
    return await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries }))
  }

  async depth(): Promise<QueueDepth> {
    const { GetQueueAttributesCommand } = await this.#sdk()
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    )
    return {
      visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
      inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
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

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}
