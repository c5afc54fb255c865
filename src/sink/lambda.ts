import { checkOptions, pause, type OptionNames } from '../core/index.ts'
import type { QueueSender } from '../queue/index.ts'
import type { HandledMessages, Sink } from './port.ts'

/** What AWS Lambda passes to a function that SQS triggers; the parts that are read. */
export interface SqsEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

/** What AWS Lambda passes as the context of a call; the part that is read. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
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
  /**
   * The queue that triggers the function. While the definition of the migration is not applied to the warehouse, a call waits for up to
   * 20 seconds and sends its messages to this queue again; Lambda deletes the received ones. So they come again without coming nearer to
   * the dead-letter queue.
   *
   * @defaultValue none: the messages fail, and their receive count grows
   */
  readonly queue?: QueueSender
}

const NAMES: OptionNames<LambdaOptions> = Object.freeze({ reportBatchItemFailures: true, queue: true })

/** How long a call waits before it sends messages back, in milliseconds: what comes back at once would be received at once. */
const SEND_BACK_AFTER_MS = 20_000
/** How much of a call's time is left for sending back, in milliseconds. */
const SEND_BACK_MS = 5000

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
 * import { SQSClient } from '@aws-sdk/client-sqs'
 * import { sqs } from 'changeover/queue'
 * import { createSink, lambdaHandler } from 'changeover/sink'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * const warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const queue = sqs(new SQSClient({}), process.env.QUEUE_URL)
 * export const handler = lambdaHandler(createSink(history, { warehouse }), { queue, reportBatchItemFailures: true })
 */
export function lambdaHandler(
  sink: Pick<Sink, 'handle'>,
  options: LambdaOptions = {},
): (event: SqsEvent, context?: LambdaContext) => Promise<SqsBatchResponse> {
  const { queue, reportBatchItemFailures = false } = checkOptions('lambdaHandler').all(options, NAMES)
  return async ({ Records }, context) => {
    const handled = await sink.handle(Records.map(({ messageId, body }) => ({ id: messageId, body })))
    const isWaiting = handled.error?.code === 'UNREGISTERED' && queue !== undefined
    const { failed, error } = isWaiting ? await sendBack(Records, handled, queue, context) : handled
    if (error && (!reportBatchItemFailures || failed.length === Records.length)) throw error
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** Sends messages back to their queue. Those that it did not take have failed. */
async function sendBack(
  records: SqsEvent['Records'],
  { failed, error }: HandledMessages,
  queue: QueueSender,
  context: LambdaContext | undefined,
): Promise<Pick<HandledMessages, 'failed' | 'error'>> {
  const leftMs = (context?.getRemainingTimeInMillis() ?? 0) - SEND_BACK_MS
  await pause(Math.min(SEND_BACK_AFTER_MS, Math.max(0, leftMs)))
  const waiting = records.filter(({ messageId }) => failed.includes(messageId))
  const outcomes = await queue.send(waiting.map(({ messageId, body }) => ({ id: messageId, body })))
  const sent = new Set(outcomes.filter(({ status }) => status === 'sent').map(({ id }) => id))
  const left = failed.filter((id) => !sent.has(id))
  return { failed: left, error: left.length > 0 ? error : undefined }
}
