export { DEFAULT_QUEUE_LIMITS, DEFAULT_REQUEST_TIMEOUT_MS, memoryQueue, sqs } from '../queue/index.ts'
export type {
  MemoryQueueOptions,
  OutgoingMessage,
  Queue,
  QueueDepth,
  QueueLimits,
  QueueReceiver,
  QueueSender,
  ReceiveOptions,
  ReceivedMessage,
  SendOutcome,
  SqsClientLike,
  SqsOptions,
} from '../queue/index.ts'
