/** How much a queue takes at once. */
export interface QueueLimits {
  /** The largest message, in bytes of UTF-8. */
  readonly messageBytes: number
  /** The largest batch, in bytes of UTF-8 summed over its messages. */
  readonly batchBytes: number
  /** The most messages per batch, and the most that one `receive` returns. */
  readonly batchEntries: number
}

/** A message to send. */
export interface OutgoingMessage {
  /** Names the message in its outcome; unique within one call of `send`. It is not sent. */
  readonly id: string
  /** Text, not empty, of characters that are legal in XML 1.0: JSON and base64 are. */
  readonly body: string
}

/**
 * What became of one message. After `'sent'` the queue has stored it durably. A `retryable` failure may pass; any other would be
 * repeated each time. A message with a retryable failure may have arrived: perhaps only the answer was lost.
 */
export type SendOutcome =
  | { readonly id: string; readonly status: 'sent' }
  | { readonly id: string; readonly status: 'failed'; readonly retryable: boolean; readonly reason: string }

/** The sending end of a queue. */
export interface QueueSender {
  readonly limits: QueueLimits
  /**
   * Sends any number of messages, in as few batches as the limits allow, one batch after another.
   *
   * Never rejects: failures of the service, and an abort, are outcomes. There is one outcome per message, in no
   * particular order.
   */
  send(
    messages: readonly OutgoingMessage[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly SendOutcome[]>
}

/** A message under lease: hidden from other receivers until the lease ends. */
export interface ReceivedMessage {
  /** The queue's own id of the message, the same each time it is received. */
  readonly id: string
  readonly body: string
  /** The queue's handle for this lease; a later lease of the same message has another. */
  readonly receiptHandle: string
  /** How often the message has been received, including this time; approximate on a distributed queue. */
  readonly receiveCount: number
  readonly sentAt: Date | undefined
}

/** What one `receive` asks for. */
export interface ReceiveOptions {
  /** The most messages to return; never more than `limits.batchEntries` come at once. */
  readonly max: number
  /** How long to wait for the first message, in seconds; 0 answers at once, more than 20 is taken as 20. */
  readonly waitSeconds: number
  /** How long the lease lasts, in seconds, up to 43,200. */
  readonly visibilitySeconds: number
  readonly signal?: AbortSignal
}

/** The receiving end of a queue. */
export interface QueueReceiver {
  /**
   * Leases messages, waiting for the first. An aborted wait returns none; what the service had already leased to it
   * comes again when that lease ends.
   *
   * @throws {@link ChangeoverError} `UNREACHABLE`, `DENIED`, or `CONFIG` when the queue does not exist.
   */
  receive(options: ReceiveOptions): Promise<readonly ReceivedMessage[]>
  /**
   * Deletes any number of messages. Never rejects; resolves to the ids that may still be in the queue, and come again. A
   * message whose lease has ended may be deleted or not.
   */
  acknowledge(messages: readonly ReceivedMessage[]): Promise<readonly string[]>
  /**
   * Lets the leases of any number of messages end `visibilitySeconds` from now; 0 returns the messages at once.
   * Never rejects; resolves to the ids whose lease was not changed: it is lost, or the service did not answer for it.
   */
  extend(messages: readonly ReceivedMessage[], visibilitySeconds: number): Promise<readonly string[]>
}

/** How many messages are waiting, and how many are under lease. */
export interface QueueDepth {
  readonly visible: number
  readonly inFlight: number
}

/** An at-least-once queue without order: what SQS calls a standard queue. */
export interface Queue extends QueueSender, QueueReceiver {
  /**
   * How many messages the queue holds, approximately; exact only when nothing is being sent or received.
   *
   * @throws {@link ChangeoverError} as `receive` does.
   */
  approximateDepth(): Promise<QueueDepth>
}
