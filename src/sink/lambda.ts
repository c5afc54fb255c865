import type { Sink } from './sink.ts'

/** What AWS Lambda hands to a function that SQS triggers; the parts that are read. */
export interface SqsEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

/** What the function answers when its trigger has `ReportBatchItemFailures`. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/**
 * A Lambda function around a sink. It succeeds for all messages of a call, what cannot be applied being in the quarantine, or
 * rejects for all of them when the warehouse cannot be used; then they come again. So it works alike with and without
 * `ReportBatchItemFailures`.
 */
export function lambdaHandler(sink: Sink): (event: SqsEvent) => Promise<SqsBatchResponse> {
  return async (event) => {
    await sink.handle(event.Records.map((record) => record.body))
    return { batchItemFailures: [] }
  }
}
