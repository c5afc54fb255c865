import { troubleOf, troubleOfEntry } from './sqs-trouble.ts'
import type { SqsTrouble } from './sqs-trouble.ts'

/** The answer to any batch request of SQS. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined
        readonly Code: string | undefined
        readonly SenderFault: boolean | undefined
        readonly Message?: string | undefined
      }[]
    | undefined
}

const unanswered: SqsTrouble = {
  code: 'UNREACHABLE',
  retryable: true,
  reason: 'The service answered the batch, but not for this entry.',
}

/** Names of entries within one request: their positions, which are legal and distinct whatever the messages are called. */
export function entryId(position: number): string {
  return String(position)
}

/** An item of a batch, with what was wrong with it; nothing when it was done. */
export interface Settled<Item> {
  readonly item: Item
  readonly trouble: SqsTrouble | undefined
}

/**
 * Makes one batch request, whose entries are named by {@link entryId}, and tells what became of each item. Never rejects.
 *
 * A request that went well says nothing about its entries: SQS answers 200 with some of them failed, and only an entry
 * listed as successful is one.
 */
export async function settle<Item>(
  items: readonly Item[],
  request: () => Promise<BatchAnswer>,
): Promise<readonly Settled<Item>[]> {
  try {
    const { Successful = [], Failed = [] } = await request()
    const done = new Set(Successful.map((entry) => entry.Id))
    const failed = new Map(Failed.map((entry) => [entry.Id, troubleOfEntry(entry)]))
    return items.map((item, position) => {
      const id = entryId(position)
      return { item, trouble: failed.get(id) ?? (done.has(id) ? undefined : unanswered) }
    })
  } catch (thrown) {
    const trouble = troubleOf(thrown)
    return items.map((item) => ({ item, trouble }))
  }
}
