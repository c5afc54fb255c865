export { DEFAULT_QUEUE_LIMITS, memoryQueue, sqs } from '../queue/index.ts'
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
