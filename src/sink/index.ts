export { lambdaHandler } from './lambda.ts'
export type { SqsBatchResponse, SqsEvent } from './lambda.ts'
export {
  DEFAULT_BATCH_MESSAGES,
  DEFAULT_GRACE_MS,
  DEFAULT_VISIBILITY_SECONDS,
  DEFAULT_WAIT_SECONDS,
  createSink,
} from './sink.ts'
export type { Sink, SinkOptions } from './sink.ts'
export type { SinkCounters } from './work.ts'
