import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb'
import { ChangeoverError, codeOf } from '../core/errors.ts'

/** Where captured documents go. Called synchronously, inside the host's own insert: it must be quick. */
export interface Capture {
  /** Serialises a document that is being inserted; undefined when it is not wanted. The document is the caller's own. */
  take(document: object): Uint8Array | undefined
  /** The documents that the database has accepted, in the order of their insert. */
  commit(events: readonly Uint8Array[]): void
  /** Documents that were taken and cannot be followed any further. */
  lose(count: number, reason: LossReason): void
  /** Something in the tap itself failed; the host never hears of it. */
  fail(thrown: unknown): void
}

/** Why the tap had to let go of documents that it had taken. */
export type LossReason = 'outcome-unknown' | 'too-many-in-flight'

/** How many inserts, and how many open transactions, are followed at once. */
const MAX_IN_FLIGHT = 10_000

/** Server errors that can come when a part of an insert has been written. */
const INTERRUPTED = new Set([50, 91, 189, 262, 11600, 11601, 11602])

/**
 * Taps inserts into one collection by the driver's command monitoring, in the process that makes them.
 * Gives the function that takes the tap off.
 *
 * Throws a ChangeoverError `CONFIG` when the client was made without `monitorCommands: true`.
 */
export function tapCommands(
  client: MongoClient,
  namespace: { database: string; collection: string },
  capture: Capture,
): () => void {
  if (!client.options.monitorCommands) {
    throw new ChangeoverError(
      'CONFIG',
      'The MongoClient does not monitor its commands, so its inserts cannot be observed.',
      {
        remedy: 'Make it with new MongoClient(url, { monitorCommands: true }).',
      },
    )
  }
  const inserts = new Map<number, Insert>()
  const commits = new Map<number, Transaction>()
  // By session: a session has one transaction at a time, so a later one says that the earlier is over.
  const transactions = new Map<string, Transaction>()

  // A listener that throws would fail the host's own operation.
  const guarded =
    <E>(listener: (event: E) => void) =>
    (event: E): void => {
      try {
        listener(event)
      } catch (thrown) {
        capture.fail(thrown)
      }
    }

  const started = guarded((event: CommandStartedEvent) => {
    const { command, commandName, requestId } = event
    const part = transactionOf(command)
    if (part) forgetOlder(part)
    if (part && commandName === 'abortTransaction') return void transactions.delete(part.session)
    if (part && commandName === 'commitTransaction') {
      const open = transactions.get(part.session)
      if (open) commits.set(requestId, open)
      return
    }
    const taken = documentsOf(event, namespace).map((document) => document && capture.take(document))
    if (count(taken) === 0) return
    if (inserts.size >= MAX_IN_FLIGHT) return capture.lose(count(taken), 'too-many-in-flight')
    inserts.set(requestId, { taken, ordered: command['ordered'] !== false, part })
  })

  const succeeded = guarded(({ requestId, reply }: CommandSucceededEvent) => {
    const committed = commits.get(requestId)
    if (committed) {
      commits.delete(requestId)
      if (transactions.get(committed.session) !== committed) return
      transactions.delete(committed.session)
      return capture.commit(committed.events)
    }
    const insert = inserts.get(requestId)
    if (!insert) return
    inserts.delete(requestId)
    const written = writtenOf(insert, reply as Reply)
    if (written === undefined) return capture.lose(count(insert.taken), 'outcome-unknown')
    if (written.length === 0) return
    if (!insert.part) return capture.commit(written)
    const { session, number } = insert.part
    const open = transactions.get(session)
    if (open) open.events.push(...written)
    else if (transactions.size >= MAX_IN_FLIGHT) capture.lose(written.length, 'too-many-in-flight')
    else transactions.set(session, { session, number, events: written, mayBeCommitted: false })
  })

  const failed = guarded(({ requestId, failure }: CommandFailedEvent) => {
    const committed = commits.get(requestId)
    commits.delete(requestId)
    // A commit may be retried under another request; what it holds stays until the outcome is known.
    if (committed && isLabelled(failure, 'TransientTransactionError')) transactions.delete(committed.session)
    else if (committed) committed.mayBeCommitted = true
    const insert = inserts.get(requestId)
    inserts.delete(requestId)
    // An insert that fails inside a transaction takes the transaction with it.
    if (insert && !insert.part && mayBeWritten(failure)) capture.lose(count(insert.taken), 'outcome-unknown')
  })

  function forgetOlder({ session, number }: Part): void {
    const open = transactions.get(session)
    if (!open || open.number === number) return
    transactions.delete(session)
    if (open.mayBeCommitted) capture.lose(open.events.length, 'outcome-unknown')
  }

  client.on('commandStarted', started).on('commandSucceeded', succeeded).on('commandFailed', failed)
  return () => {
    client.off('commandStarted', started).off('commandSucceeded', succeeded).off('commandFailed', failed)
    // Whether these will be written is not seen any more.
    let left = 0
    for (const { taken } of inserts.values()) left += count(taken)
    for (const { events } of transactions.values()) left += events.length
    inserts.clear()
    transactions.clear()
    if (left > 0) capture.lose(left, 'outcome-unknown')
  }
}

type Taken = readonly (Uint8Array | undefined)[]

interface Insert {
  readonly taken: Taken
  readonly ordered: boolean
  readonly part: Part | undefined
}

/** Names the transaction that a command is part of. */
interface Part {
  readonly session: string
  readonly number: string
}

interface Transaction extends Part {
  readonly events: Uint8Array[]
  /** A commit failed in a way that tells nothing. */
  mayBeCommitted: boolean
}

interface Reply {
  readonly writeErrors?: readonly { readonly index: number }[]
  /** Of a `bulkWrite`: how many of its operations failed, and which. */
  readonly nErrors?: number
  readonly cursor?: { readonly firstBatch: readonly { readonly ok: number; readonly idx: number }[] }
}

interface BulkWrite {
  readonly ops: readonly { readonly insert?: number; readonly document?: object }[]
  readonly nsInfo: readonly { readonly ns: string }[]
}

/** The documents that a command inserts, at their index; undefined where it does something else, or elsewhere. */
function documentsOf(
  { command, commandName, databaseName }: CommandStartedEvent,
  { database, collection }: { database: string; collection: string },
): readonly (object | undefined)[] {
  if (commandName === 'insert') {
    return command['insert'] === collection && databaseName === database ? (command['documents'] as object[]) : []
  }
  // The write of the whole client, of MongoDB 8 and later.
  if (commandName !== 'bulkWrite') return []
  const { ops, nsInfo } = command as unknown as BulkWrite
  const at = nsInfo.findIndex(({ ns }) => ns === `${database}.${collection}`)
  return at < 0 ? [] : ops.map(({ insert, document }) => (insert === at ? document : undefined))
}

/**
 * What of an insert was written: with errors, the others when unordered, those before the first when ordered. Undefined when
 * the reply does not say which.
 */
function writtenOf({ taken, ordered }: Insert, { writeErrors, nErrors = 0, cursor }: Reply): Uint8Array[] | undefined {
  const failed = cursor?.firstBatch.filter(({ ok }) => !ok).map(({ idx }) => idx) ?? []
  if (failed.length < nErrors) return undefined
  const refused = new Set([...failed, ...(writeErrors?.map(({ index }) => index) ?? [])])
  const end = ordered && refused.size > 0 ? Math.min(...refused) : taken.length
  return taken.filter((bytes, i): bytes is Uint8Array => bytes !== undefined && i < end && !refused.has(i))
}

function count(taken: Taken): number {
  return taken.filter((bytes) => bytes !== undefined).length
}

/** Whether a failed insert may have written something: not when the server refused it, nor when it was never sent. */
function mayBeWritten(failure: Error): boolean {
  if (/^BSON|^(Type|Range)Error$/.test(failure.name)) return false
  if (failure.name !== 'MongoServerError') return true
  return isLabelled(failure, 'RetryableWriteError') || INTERRUPTED.has(Number(codeOf(failure)))
}

function isLabelled(failure: Error, label: string): boolean {
  const { errorLabels } = failure as { readonly errorLabels?: readonly string[] }
  return errorLabels?.includes(label) ?? false
}

/** The transaction of a command: its session and number. A retryable write alone is no transaction. */
function transactionOf(command: Readonly<Record<string, unknown>>): Part | undefined {
  if (command['autocommit'] !== false) return undefined
  const { id } = command['lsid'] as { readonly id: { readonly buffer: Uint8Array } }
  return { session: Buffer.from(id.buffer).toString('hex'), number: String(command['txnNumber']) }
}
