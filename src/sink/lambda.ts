import { checkOptions } from '../core/index.ts'
import type { Sink } from './sink.ts'

/** What AWS Lambda passes to a function that SQS triggers; the parts that are read. */
export interface SqsEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

/** The answer of the function; read by Lambda only when its trigger has `ReportBatchItemFailures`. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** Options of {@link lambdaHandler}. */
export interface LambdaOptions {
  /**
   * Whether the trigger (the event source mapping) has `ReportBatchItemFailures` among its `FunctionResponseTypes`. Set both or
   * neither: without it in the trigger, Lambda deletes all messages of a call that resolves, those listed as failed included.
   *
   * @defaultValue false
   */
  readonly reportBatchItemFailures?: boolean
}

const DEFAULTS: Required<LambdaOptions> = Object.freeze({ reportBatchItemFailures: false })

/**
 * Creates an AWS Lambda function, triggered by SQS, from a sink. A message that cannot be applied goes to the quarantine and does not
 * fail; messages fail only when the warehouse is unavailable or misconfigured.
 *
 * By default, the function rejects when any message failed; then all messages of the call come again, which is safe for every
 * trigger. With `reportBatchItemFailures` it lists exactly the messages that failed, and only those come again. It rejects when
 * all of them failed, so that an outage shows in the function's error metric.
 *
 * @throws {@link ChangeoverError} `CONFIG` when the name of an option is misspelt. The function rejects with the one for which
 * messages failed, as described.
 * @example
 * import { createSink, lambdaHandler } from 'changeover/sink'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * const warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * export const handler = lambdaHandler(createSink(history, { warehouse }), { reportBatchItemFailures: true })
 */
export function lambdaHandler(
  sink: Pick<Sink, 'handle'>,
  options: LambdaOptions = {},
): (event: SqsEvent) => Promise<SqsBatchResponse> {
  const { reportBatchItemFailures = DEFAULTS.reportBatchItemFailures } = checkOptions('lambdaHandler').all(
    options,
    DEFAULTS,
  )
  return async ({ Records }) => {
    const { failed, error } = await sink.handle(Records.map(({ messageId, body }) => ({ id: messageId, body })))
    if (error && (!reportBatchItemFailures || failed.length === Records.length)) throw error
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
