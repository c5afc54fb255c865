export type { MessageCounts, SinkCounters } from './counters.ts'
export { lambdaHandler } from './lambda.ts'
export type { LambdaContext, LambdaOptions, SqsBatchResponse, SqsEvent } from './lambda.ts'
export {
  DEFAULT_BATCH_BYTES,
  DEFAULT_BATCH_MESSAGES,
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_LEASES,
  DEFAULT_VISIBILITY_SECONDS,
  DEFAULT_WAIT_SECONDS,
} from './options.ts'
export type { SinkOptions } from './options.ts'
export type { HandledMessages, Sink, SinkMessage } from './port.ts'
export { createSink } from './sink.ts'
