import type { Document, FindOptions } from 'mongodb'
import type { Range } from './source.ts'

/** The part of a cursor that is used. */
export interface Cursor<T> {
  hasNext(): Promise<boolean>
  bufferedCount(): number
  readBufferedDocuments(count: number): T[]
  close(): Promise<void>
}

/** How much one batch may hold: it is full when it reaches either bound. */
export interface BatchBounds {
  readonly documents: number
  readonly bytes: number
}

/** The next batch of a cursor; empty only at the end. */
export async function take<T>(cursor: Cursor<T>, bounds: BatchBounds, bytesOf: (document: T) => number): Promise<T[]> {
  const batch: T[] = []
  let bytes = 0
  const isFull = (): boolean => batch.length >= bounds.documents || bytes >= bounds.bytes
  while (!isFull() && (await cursor.hasNext())) {
    for (let left = cursor.bufferedCount(); left > 0 && !isFull(); left--) {
      const [document] = cursor.readBufferedDocuments(1) as [T]
      batch.push(document)
      bytes += bytesOf(document)
    }
  }
  return batch
}

/** The option that aborts a command. Each gets its own signal, because Node warns of a leak when one has many listeners. */
export function abortedBy(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal: AbortSignal.any([signal]) }
}

/**
 * The index bounds of what is left of a range. `min` and `max` follow the order of the index over ids of all types; `$gt` would compare
 * ids of one type only. `min` is inclusive, so the event `after` comes again.
 */
export function indexBounds({ from, before }: Range, after: unknown): Pick<FindOptions, 'hint' | 'min' | 'max'> {
  const start = after === undefined ? from : after
  if (start === undefined && before === undefined) return {}
  return {
    hint: { _id: 1 },
    ...(start === undefined ? {} : { min: { _id: start } }),
    ...(before === undefined ? {} : { max: { _id: before } }),
  }
}

export function timeBounds(path: string, from: Date | null, to: Date | null): Document {
  if (from === null && to === null) return {}
  return { [path]: { ...(from === null ? {} : { $gte: from }), ...(to === null ? {} : { $lte: to }) } }
}
