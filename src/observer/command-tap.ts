import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb'
import { ChangeoverError } from '../core/errors.ts'

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

/** Errors after which a write may or may not have happened. */
const NETWORK = /^Mongo(Network|ServerSelection|PoolCleared|ConnectionPool)/

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
  const commits = new Map<number, string>()
  const transactions = new Map<string, Uint8Array[]>()

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
    const { command, commandName, databaseName, requestId } = event
    if (commandName === 'insert') {
      if (command['insert'] !== namespace.collection || databaseName !== namespace.database) return
      const taken = (command['documents'] as object[]).map((document) => capture.take(document))
      if (!taken.some((bytes) => bytes !== undefined)) return
      if (inserts.size >= MAX_IN_FLIGHT) return capture.lose(count(taken), 'too-many-in-flight')
      inserts.set(requestId, { taken, ordered: command['ordered'] !== false, transaction: transactionOf(command) })
    } else if (commandName === 'commitTransaction' || commandName === 'abortTransaction') {
      const transaction = transactionOf(command)
      if (transaction === undefined || !transactions.has(transaction)) return
      if (commandName === 'commitTransaction') commits.set(requestId, transaction)
      else transactions.delete(transaction)
    }
  })

  const succeeded = guarded(({ requestId, reply }: CommandSucceededEvent) => {
    const committed = commits.get(requestId)
    if (committed !== undefined) {
      commits.delete(requestId)
      const events = transactions.get(committed) ?? []
      transactions.delete(committed)
      return capture.commit(events)
    }
    const insert = inserts.get(requestId)
    if (!insert) return
    inserts.delete(requestId)
    const written = writtenOf(insert, reply as Reply)
    if (written.length === 0) return
    if (insert.transaction === undefined) return capture.commit(written)
    const held = transactions.get(insert.transaction)
    if (held) held.push(...written)
    else if (transactions.size >= MAX_IN_FLIGHT) capture.lose(written.length, 'too-many-in-flight')
    else transactions.set(insert.transaction, written)
  })

  const failed = guarded(({ requestId, failure }: CommandFailedEvent) => {
    // A commit that failed may be retried under another request; what it holds stays until it is committed or aborted.
    commits.delete(requestId)
    const insert = inserts.get(requestId)
    if (!insert) return
    inserts.delete(requestId)
    if (NETWORK.test(failure.name)) capture.lose(count(insert.taken), 'outcome-unknown')
  })

  client.on('commandStarted', started).on('commandSucceeded', succeeded).on('commandFailed', failed)
  return () => {
    client.off('commandStarted', started).off('commandSucceeded', succeeded).off('commandFailed', failed)
  }
}

interface Insert {
  readonly taken: readonly (Uint8Array | undefined)[]
  readonly ordered: boolean
  readonly transaction: string | undefined
}

interface Reply {
  readonly writeErrors?: readonly { readonly index: number }[]
}

/** What of an insert was written: with errors, the others when unordered, those before the first when ordered. */
function writtenOf({ taken, ordered }: Insert, reply: Reply): Uint8Array[] {
  const refused = new Set(reply.writeErrors?.map(({ index }) => index))
  const end = ordered && refused.size > 0 ? Math.min(...refused) : taken.length
  return taken.filter((bytes, i): bytes is Uint8Array => bytes !== undefined && i < end && !refused.has(i))
}

function count(taken: readonly (Uint8Array | undefined)[]): number {
  return taken.filter((bytes) => bytes !== undefined).length
}

/** Names the transaction that a command is part of: its session and number. A retryable write alone is no transaction. */
function transactionOf(command: Readonly<Record<string, unknown>>): string | undefined {
  if (command['autocommit'] !== false) return undefined
  const session = command['lsid'] as { readonly id: { readonly buffer: Uint8Array } }
  return `${Buffer.from(session.id.buffer).toString('hex')} ${String(command['txnNumber'])}`
}
