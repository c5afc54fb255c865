import type { ResolvedSinkOptions } from './options.ts'

/** Splits messages into batches of at most `batchMessages`; a batch that holds `batchBytes` or more takes no further message. */
export function batchesOf<Message extends { readonly body: string }>(
  messages: readonly Message[],
  { batchMessages, batchBytes }: Pick<ResolvedSinkOptions, 'batchMessages' | 'batchBytes'>,
): Message[][] {
  const batches: Message[][] = []
  let batch: Message[] = []
  let bytes = 0
  for (const message of messages) {
    if (batch.length === 0 || batch.length >= batchMessages || bytes >= batchBytes) {
      batch = []
      bytes = 0
      batches.push(batch)
    }
    batch.push(message)
    bytes += Buffer.byteLength(message.body)
  }
  return batches
}
