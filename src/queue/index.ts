export type { EventOutcome } from './event-messages.ts'
export { DEFAULT_QUEUE_LIMITS, MAX_WAIT_SECONDS } from './limits.ts'
export { memoryQueue } from './memory.ts'
export type { MemoryQueueOptions } from './memory.ts'
export type {
  OutgoingMessage,
  Queue,
  QueueDepth,
  QueueLimits,
  QueueReceiver,
  QueueSender,
  ReceiveOptions,
  ReceivedMessage,
  SendOutcome,
} from './port.ts'
export { EventSender } from './send-events.ts'
export { ABORT_GRACE_MS } from './send-once.ts'
export { DEFAULT_REQUEST_TIMEOUT_MS, sqs } from './sqs.ts'
export type { SqsClientLike, SqsOptions } from './sqs.ts'
