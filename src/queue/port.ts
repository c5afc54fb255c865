/** How much a queue takes at once. */
export interface QueueLimits {
  /** The largest message, in bytes of UTF-8. */
  readonly messageBytes: number
  /** The largest batch, in bytes of UTF-8 summed over its messages. */
  readonly batchBytes: number
  /** The most messages a batch, and the most that one `receive` gives. */
  readonly batchEntries: number
}

/** A message on its way out. */
export interface OutgoingMessage {
  /** Names the message in its outcome; unique within one call of `send`, and not sent along. */
  readonly id: string
  /** Text, not empty, of characters that are legal in XML 1.0: JSON and base64 are. */
  readonly body: string
}

/**
 * What became of one message. After `'sent'` the queue has it, durably.
 * A failure that is `retryable` may pass; another one will meet the same message again and again.
 * A message that failed retryably may still have arrived: the answer, not the message, can be what was lost.
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
   * Never rejects: service trouble, and an abort, are outcomes. There is one outcome a message, in no
   * particular order.
   */
  send(
    messages: readonly OutgoingMessage[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly SendOutcome[]>
}

/** A message under lease: hidden from other receivers until the lease ends. */
export interface ReceivedMessage {
  /** The queue's own name for the message, the same each time it comes. */
  readonly id: string
  readonly body: string
  /** Stands for this lease; a later lease of the same message has another. */
  readonly receipt: string
  /** How often the message has been received, this time included; approximate on a distributed queue. */
  readonly receiveCount: number
  readonly sentAt: Date | undefined
}

/** What one `receive` asks for. */
export interface ReceiveOptions {
  /** The most messages to give; never more than `limits.batchEntries` come at once. */
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
   * Leases messages, waiting for the first. An aborted wait gives none; what the service had already leased to it
   * comes again when that lease ends.
   *
   * @throws {@link ChangeoverError} `UNREACHABLE`, `DENIED`, or `CONFIG` when the queue is not there.
   */
  receive(options: ReceiveOptions): Promise<readonly ReceivedMessage[]>
  /** Removes any number of messages for good. Never rejects; gives the ids that may still be there, and come again. */
  acknowledge(messages: readonly ReceivedMessage[]): Promise<readonly string[]>
  /**
   * Lets the leases of any number of messages end `visibilitySeconds` from now; 0 gives the messages back at once.
   * Never rejects; gives the ids whose lease is, or may be, lost.
   */
  extend(messages: readonly ReceivedMessage[], visibilitySeconds: number): Promise<readonly string[]>
}

/** How many messages wait, and how many are under lease. */
export interface QueueDepth {
  readonly visible: number
  readonly inFlight: number
}

/** An at-least-once queue without an order: what SQS calls a standard queue. */
export interface Queue extends QueueSender, QueueReceiver {
  /**
   * About how deep the queue is; exact only when it is at rest.
   *
   * @throws {@link ChangeoverError} as `receive` does.
   */
  approximateDepth(): Promise<QueueDepth>
}
