export {
  DEFAULT_BATCH_BYTES,
  DEFAULT_BATCH_MESSAGES,
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_LEASES,
  DEFAULT_VISIBILITY_SECONDS,
  DEFAULT_WAIT_SECONDS,
  createSink,
  lambdaHandler,
} from '../sink/index.ts'
export type {
  HandledMessages,
  LambdaContext,
  LambdaOptions,
  MessageCounts,
  Sink,
  SinkCounters,
  SinkMessage,
  SinkOptions,
  SqsBatchResponse,
  SqsEvent,
} from '../sink/index.ts'
export type { TypeCount } from '../mapping/index.ts'
