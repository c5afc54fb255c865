import type { CommandStartedEvent } from 'mongodb'
import type { Captured, Namespace } from './tap.ts'
import { templateOf, type Template } from './upsert.ts'

/** What a command is about to write into the namespace. */
export interface Writes {
  /** The documents that it inserts, at their index; undefined where it does something else, or elsewhere. */
  readonly inserts: readonly (object | undefined)[]
  /** What it inserts if there is nothing to update, at the same indexes. */
  readonly upserts: readonly Upsert[]
}

export interface Upsert {
  readonly index: number
  readonly template: Template
}

/** The answer to a command, as far as it says what was written. */
export interface Reply {
  readonly writeErrors?: readonly { readonly index: number }[]
  /** Of an `update`: which of its updates inserted. */
  readonly upserted?: readonly { readonly index: number; readonly _id: unknown }[]
  /** Of a `findAndModify`. */
  readonly lastErrorObject?: { readonly upserted?: unknown }
  readonly value?: unknown
  /** Of a `bulkWrite`: how many of its operations failed or upserted, and which, as far as it was asked to say. */
  readonly nErrors?: number
  readonly nUpserted?: number
  readonly cursor?: {
    readonly firstBatch: readonly {
      readonly ok: number
      readonly idx: number
      readonly upserted?: { readonly _id: unknown }
    }[]
  }
}

type Fields = Readonly<Record<string, unknown>>

const NOTHING: Writes = Object.freeze({ inserts: [], upserts: [] })

/** Reads a command. Undefined fields are written, or not, as the client has it. */
export function writesOf(event: CommandStartedEvent, namespace: Namespace, ignoreUndefined: boolean): Writes {
  const { commandName: name, databaseName, command } = event
  if (name === 'bulkWrite') return bulkWritesOf(command, namespace, ignoreUndefined)
  if (name !== 'insert' && name !== 'update' && name !== 'findAndModify') return NOTHING
  if (command[name] !== namespace.collection || databaseName !== namespace.database) return NOTHING
  if (name === 'insert') return { inserts: command['documents'] as object[], upserts: [] }
  if (name === 'update') {
    const updates = command['updates'] as { q: Fields; u: unknown; upsert?: boolean }[]
    return {
      inserts: [],
      upserts: updates.flatMap(({ q, u, upsert }, index) =>
        upsert ? [{ index, template: templateOf(q, u, ignoreUndefined) }] : [],
      ),
    }
  }
  if (command['upsert'] !== true) return NOTHING
  const { query = {}, update } = command as { query?: Fields; update?: unknown }
  const template = templateOf(query, update, ignoreUndefined)
  return { inserts: [], upserts: [{ index: 0, template }] }
}

interface BulkWrite {
  readonly ops: readonly {
    readonly insert?: number
    readonly document?: object
    readonly update?: number
    readonly filter?: Fields
    readonly updateMods?: unknown
    readonly upsert?: boolean
  }[]
  readonly nsInfo: readonly { readonly ns: string }[]
}

/** The write of the whole client, of MongoDB 8 and later. */
function bulkWritesOf(command: Fields, { database, collection }: Namespace, ignoreUndefined: boolean): Writes {
  const { ops, nsInfo } = command as unknown as BulkWrite
  const at = nsInfo.findIndex(({ ns }) => ns === `${database}.${collection}`)
  if (at < 0) return NOTHING
  return {
    inserts: ops.map(({ insert, document }) => (insert === at ? document : undefined)),
    upserts: ops.flatMap(({ update, upsert, filter = {}, updateMods }, index) =>
      update === at && upsert ? [{ index, template: templateOf(filter, updateMods, ignoreUndefined) }] : [],
    ),
  }
}

/**
 * What of the inserts was written: with errors, the others when unordered, those before the first when ordered. Undefined when
 * the reply does not say which.
 */
export function insertedOf(
  taken: readonly (Captured | undefined)[],
  ordered: boolean,
  { writeErrors, nErrors = 0, cursor }: Reply,
): Captured[] | undefined {
  const failed = cursor?.firstBatch.filter(({ ok }) => !ok).map(({ idx }) => idx) ?? []
  if (failed.length < nErrors) return undefined
  const refused = new Set([...failed, ...(writeErrors?.map(({ index }) => index) ?? [])])
  const end = ordered && refused.size > 0 ? Math.min(...refused) : taken.length
  return taken.filter((event, i): event is Captured => event !== undefined && i < end && !refused.has(i))
}

/** A document that an upsert inserted. `whole` is what it is, where that is known; `part` is what else is known of it. */
export interface Upserted {
  readonly whole: object | undefined
  readonly part: object
}

/** What of the upserts inserted. */
export function upsertedOf(upserts: readonly Upsert[], command: Fields, reply: Reply): Upserted[] {
  if (reply.lastErrorObject?.upserted !== undefined) {
    const { value } = reply
    const isWhole = command['new'] === true && command['fields'] === undefined && isDocument(value)
    const known = upserts[0]!.template.with(reply.lastErrorObject.upserted)
    return [isWhole ? { whole: value, part: value } : known]
  }
  const ids = new Map(reply.upserted?.map(({ index, _id }) => [index, _id]))
  for (const { idx, upserted } of reply.cursor?.firstBatch ?? []) if (upserted) ids.set(idx, upserted._id)
  const known = upserts.flatMap(({ index, template }) => (ids.has(index) ? [template.with(ids.get(index))] : []))
  // A bulkWrite that was not asked for its results only counts them, over all collections.
  const counted = ids.size === 0 ? (reply.nUpserted ?? 0) : 0
  if (counted === 0) return known
  const all = (command['ops'] as BulkWrite['ops']).filter(({ update, upsert }) => update !== undefined && upsert)
  if (counted === all.length) return upserts.map(({ template }) => template.with(undefined))
  return upserts.slice(0, counted).map(() => ({ whole: undefined, part: {} }))
}

function isDocument(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
