import { entryFailure, requestFailure, type FailedEntry, type SqsFailure } from './sqs-errors.ts'

/** The answer to any batch request of SQS. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined
  readonly Failed?: readonly ({ readonly Id: string | undefined } & FailedEntry)[] | undefined
}

/** What became of one item of a batch request. */
export interface ItemOutcome<Item> {
  readonly item: Item
  /** Why it failed; undefined when it was done. */
  readonly failure: SqsFailure | undefined
}

const notAnswered: SqsFailure = {
  retryable: true,
  reason: 'The service answered the batch, but not for this entry.',
}

/** The id of an entry within one request: its index, which is legal and distinct whatever the messages are called. */
export function entryId(index: number): string {
  return String(index)
}

/**
 * Makes one batch request, whose entries are named by {@link entryId}, and reports what became of each item. Never rejects.
 *
 * SQS answers 200 even when entries failed, so only an entry that is listed as successful counts as done.
 */
export async function requestBatch<Item>(
  items: readonly Item[],
  request: () => Promise<BatchAnswer>,
): Promise<readonly ItemOutcome<Item>[]> {
  try {
    const { Successful = [], Failed = [] } = await request()
    const done = new Set(Successful.map((entry) => entry.Id))
    const failed = new Map(Failed.map((entry) => [entry.Id, entryFailure(entry)]))
    return items.map((item, index) => {
      const id = entryId(index)
      return { item, failure: failed.get(id) ?? (done.has(id) ? undefined : notAnswered) }
    })
  } catch (thrown) {
    const failure = requestFailure(thrown)
    return items.map((item) => ({ item, failure }))
  }
}
