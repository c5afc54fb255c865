import { bytesToText } from '../core/index.ts'
import { decodeEvent, eventKey } from '../event/index.ts'
import { compile, reader, type Migration, type TypeCount } from '../mapping/index.ts'
import { boundaries, rangeCount, rangesBetween } from './ranges.ts'
import type { AskOptions, EventSource, Range, ReadOptions, TypesOptions } from './source.ts'
import { sumTypes, typeIn } from './event-types.ts'

const IDS_PER_BATCH = 1000

interface Entry {
  readonly id: unknown
  /** Decides the order. */
  readonly key: Uint8Array
  readonly time: unknown
  readonly bytes: Uint8Array
}

/** Events in memory, given as BSON: for tests and small streams. Each id must occur once. */
export function memoryEvents(events: Iterable<Uint8Array>, migration: Migration): EventSource {
  return new MemoryEvents(events, migration)
}

class MemoryEvents implements EventSource {
  readonly name = 'memory'
  /** Those of handled types, by key. */
  readonly #handled: readonly Entry[]
  readonly #types: readonly { readonly value: unknown; readonly time: unknown; readonly events: 1 }[]
  readonly #knownTypes: readonly string[]

  constructor(events: Iterable<Uint8Array>, migration: Migration) {
    const { source, handledTypes, knownTypes } = compile(migration)
    const [typeOf, timeOf] = [reader(source.type), reader(source.time)]
    const handled = new Set<string | null>(handledTypes)
    const entries: Entry[] = []
    const types: { value: unknown; time: unknown; events: 1 }[] = []
    for (const bytes of events) {
      const event = decodeEvent(bytes)
      const value = typeOf(event)
      const time = timeOf(event)
      types.push({ value, time, events: 1 })
      if (!handled.has(typeIn(value, handledTypes))) continue
      entries.push({ id: event['_id'], key: eventKey(event['_id']), time, bytes })
    }
    this.#handled = entries.toSorted((a, b) => Buffer.compare(a.key, b.key))
    this.#types = types
    this.#knownTypes = knownTypes
  }

  async ranges(wanted: number, { signal }: AskOptions = {}): Promise<readonly Range[]> {
    signal?.throwIfAborted()
    const parts = rangeCount(wanted, this.#handled.length, 1)
    const ids = this.#handled.map(({ id }) => id)
    return rangesBetween(boundaries(ids, parts))
  }

  async *read(range: Range, after: unknown, options: ReadOptions): AsyncGenerator<Uint8Array[]> {
    const left = this.#handled.filter(({ key }) => isIn(range, key) && (after === undefined || isAfter(key, after)))
    yield* batches(left, options)
  }

  async *byIds(ids: readonly unknown[], options: ReadOptions): AsyncGenerator<Uint8Array[]> {
    const wanted = new Set(ids.map((id) => bytesToText(eventKey(id))))
    yield* batches(
      this.#handled.filter(({ key }) => wanted.has(bytesToText(key))),
      options,
    )
  }

  async *idsBetween(
    from: Date | null,
    to: Date | null,
    { signal }: AskOptions = {},
  ): AsyncGenerator<readonly unknown[]> {
    const found = this.#handled.filter(({ time }) => isBetween(time, from, to))
    signal?.throwIfAborted()
    for (let at = 0; at < found.length; at += IDS_PER_BATCH) {
      signal?.throwIfAborted()
      yield found.slice(at, at + IDS_PER_BATCH).map(({ id }) => id)
    }
  }

  async count({ signal }: AskOptions = {}): Promise<number> {
    signal?.throwIfAborted()
    return this.#types.length
  }

  async types({ from = null, to = null, signal }: TypesOptions = {}): Promise<readonly TypeCount[]> {
    signal?.throwIfAborted()
    return sumTypes(
      this.#types.filter(({ time }) => isBetween(time, from, to)),
      this.#knownTypes,
    )
  }
}

function isBetween(time: unknown, from: Date | null, to: Date | null): boolean {
  if (from === null && to === null) return true
  return time instanceof Date && (from === null || time >= from) && (to === null || time <= to)
}

async function* batches(
  entries: readonly Entry[],
  { batchEvents, batchBytes, signal }: ReadOptions,
): AsyncGenerator<Uint8Array[]> {
  signal?.throwIfAborted()
  let batch: Uint8Array[] = []
  let size = 0
  for (const { bytes } of entries) {
    batch.push(bytes)
    size += bytes.length
    if (batch.length < batchEvents && size < batchBytes) continue
    yield batch
    signal?.throwIfAborted()
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

function isIn({ from, before }: Range, key: Uint8Array): boolean {
  const isFrom = from === undefined || Buffer.compare(key, eventKey(from)) >= 0
  return isFrom && (before === undefined || Buffer.compare(key, eventKey(before)) < 0)
}

function isAfter(key: Uint8Array, id: unknown): boolean {
  return Buffer.compare(key, eventKey(id)) > 0
}
