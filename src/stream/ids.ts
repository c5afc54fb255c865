import { idOf } from '../event/index.ts'
import type { EventSource } from './mongo-source.ts'

const IDS_PER_GROUP = 1000

/**
 * The `_id`s of a source's events, in groups of at most 1000, in no particular order. They are read raw, so that no id ends the
 * stream; one that no query can hold (`idOf`) is left out.
 */
export async function* idsOf(
  { collection, filter }: EventSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<readonly unknown[]> {
  const cursor = collection.find(filter, { projection: { _id: 1 }, raw: true, batchSize: IDS_PER_GROUP })
  let ids: unknown[] = []
  for await (const document of cursor as unknown as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted()
    const id = idOf(document)
    if (id === undefined || ids.push(id) < IDS_PER_GROUP) continue
    yield ids
    ids = []
  }
  if (ids.length > 0) yield ids
}
