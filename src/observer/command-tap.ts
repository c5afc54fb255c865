import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb'
import { ChangeoverError } from '../core/index.ts'
import { isLabelled, mayBeWritten } from './failure.ts'
import type { Capture, Captured, LossReason, Namespace, Tap } from './tap.ts'
import { insertedOf, upsertedOf, writesOf, type Reply, type Upsert } from './writes.ts'

/** How much is followed at once: writes without an answer yet, and what open transactions hold. */
export interface InFlightLimits {
  /** @defaultValue 20000 */
  readonly events: number
  /** @defaultValue 33554432 */
  readonly bytes: number
}

export const DEFAULT_IN_FLIGHT_LIMITS: InFlightLimits = Object.freeze({ events: 20_000, bytes: 32 * 2 ** 20 })

/** How long the driver may take to send a write once more, in milliseconds. */
const RETRY_WITHIN_MS = 60_000

/**
 * Taps inserts into one collection by the driver's command monitoring, in the process that makes them: at once, and without a
 * request to any server. It sees `insert`, the inserts of bulk writes of a collection and of a client, and upserts that insert.
 * What is inserted in a transaction is captured when the transaction is committed.
 *
 * An unacknowledged write (`w: 0`) counts as done, as it does for the driver: the server does not report its outcome.
 *
 * `start` throws a ChangeoverError `CONFIG` when the client was made without `monitorCommands: true`.
 *
 * @example
 * import { commandTap, observe } from 'changeover/observer'
 * import { fixedFlags } from 'changeover/flags'
 * import { memoryQueue } from 'changeover/queue'
 * import { MongoClient } from 'mongodb'
 * import { history } from './changeover.config.ts'
 *
 * const client = new MongoClient(process.env.MONGODB_URL!, { monitorCommands: true })
 * const tap = commandTap(client, { database: 'app', collection: 'events' }, { events: 5000 })
 * const flags = fixedFlags({ 'changeover.history.write': true })
 * const observer = observe(client, history, { queue: memoryQueue(), flags, tap })
 *
 * // In the shutdown of the application, after its last insert:
 * await observer.close()
 * await client.close()
 */
export function commandTap(client: MongoClient, namespace: Namespace, limits?: Partial<InFlightLimits>): Tap {
  let end = (): void => {}
  return {
    start(capture) {
      if (!client.options.monitorCommands) {
        throw new ChangeoverError(
          'CONFIG',
          'The MongoClient does not monitor its commands, so its inserts cannot be observed.',
          { remedy: 'Make it with new MongoClient(url, { monitorCommands: true }).' },
        )
      }
      const following = new Following(namespace, capture, client.bsonOptions.ignoreUndefined ?? false, {
        ...DEFAULT_IN_FLIGHT_LIMITS,
        ...limits,
      })
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
      const started = guarded((event: CommandStartedEvent) => following.started(event))
      const succeeded = guarded((event: CommandSucceededEvent) => following.succeeded(event))
      const failed = guarded((event: CommandFailedEvent) => following.failed(event))
      client.on('commandStarted', started).on('commandSucceeded', succeeded).on('commandFailed', failed)
      end = () => {
        client.off('commandStarted', started).off('commandSucceeded', succeeded).off('commandFailed', failed)
        following.end()
      }
    },
    async stop() {
      end()
      end = () => {}
    },
  }
}

/** A command without an answer yet. */
interface Write {
  readonly taken: readonly (Captured | undefined)[]
  readonly upserts: readonly Upsert[]
  readonly ordered: boolean
  readonly command: Readonly<Record<string, unknown>>
  readonly isInTransaction: boolean
  readonly isRetry: boolean
}

interface Transaction {
  readonly session: string
  readonly number: string
  readonly events: Captured[]
  /** A commit failed in a way that tells nothing. */
  mayBeCommitted: boolean
}

/** Commands followed from their start to their outcome, and transactions to theirs. */
class Following {
  readonly #namespace: Namespace
  readonly #capture: Capture
  readonly #ignoreUndefined: boolean
  readonly #limits: InFlightLimits
  readonly #writes = new Map<number, Write>()
  readonly #commits = new Map<number, Transaction>()
  /** By session: a session has one transaction at a time, so a later one says that the earlier is over. */
  readonly #transactions = new Map<string, Transaction>()
  /** Writes that failed and that the driver will try again under the same number, by session. */
  readonly #retries = new Map<string, { readonly write: Write; readonly timer: NodeJS.Timeout }>()
  #events = 0
  #bytes = 0

  constructor(namespace: Namespace, capture: Capture, ignoreUndefined: boolean, limits: InFlightLimits) {
    this.#namespace = namespace
    this.#capture = capture
    this.#ignoreUndefined = ignoreUndefined
    this.#limits = limits
  }

  started(event: CommandStartedEvent): void {
    const { command, commandName, requestId } = event
    const isInTransaction = command['autocommit'] === false
    // Of all the commands that pass here, few are ours.
    const early = isInTransaction || this.#retries.size > 0 ? sessionOf(command) : undefined
    const isRetry = early !== undefined && this.#forgetRetry(early, numberOf(command))
    if (early !== undefined && isInTransaction) {
      const session = early
      this.#forgetOlder(session, numberOf(command))
      const open = this.#transactions.get(session)
      if (commandName === 'abortTransaction') return this.#drop(open)
      if (commandName === 'commitTransaction') {
        if (open) this.#commits.set(requestId, open)
        return
      }
    }
    const { inserts, upserts } = writesOf(event, this.#namespace, this.#ignoreUndefined)
    if (inserts.length + upserts.length === 0) return
    const taken = this.#hold(inserts.map((document) => document && this.#capture.take(document)))
    if (upserts.length === 0 && taken.every((captured) => captured === undefined)) return
    const ordered = command['ordered'] !== false
    this.#writes.set(requestId, { taken, upserts, ordered, command, isInTransaction, isRetry })
  }

  succeeded({ requestId, reply }: CommandSucceededEvent): void {
    const committed = this.#commits.get(requestId)
    if (committed) {
      this.#commits.delete(requestId)
      if (this.#transactions.get(committed.session) !== committed) return
      this.#drop(committed)
      return this.#capture.commit(committed.events)
    }
    const write = this.#writes.get(requestId)
    if (!write) return
    this.#writes.delete(requestId)
    const { taken, upserts, ordered, command } = write
    this.#release(taken)
    const written = insertedOf(taken, ordered, reply as Reply)
    if (written === undefined) return this.#lose(taken, 'outcome-unknown')
    for (const { whole, part } of upserts.length > 0 ? upsertedOf(upserts, command, reply as Reply) : []) {
      const captured = this.#capture.take(whole ?? part)
      if (whole && captured) written.push(captured)
      // Whether it is wanted is not known either, when its type is not.
      else if (!whole) this.#lose([captured ?? { bytes: new Uint8Array(), time: undefined }], 'upsert-unknown')
    }
    if (written.length === 0) return
    const session = write.isInTransaction ? sessionOf(command) : undefined
    if (session !== undefined) this.#join(session, numberOf(command), written)
    else this.#capture.commit(written)
  }

  failed({ requestId, failure }: CommandFailedEvent): void {
    const committed = this.#commits.get(requestId)
    this.#commits.delete(requestId)
    // A commit may be retried under another request; what it holds stays until the outcome is known.
    if (committed && isLabelled(failure, 'TransientTransactionError')) this.#drop(committed)
    else if (committed) committed.mayBeCommitted = true
    const write = this.#writes.get(requestId)
    if (!write) return
    this.#writes.delete(requestId)
    // A write that fails inside a transaction takes the transaction with it.
    if (write.isInTransaction || !mayBeWritten(failure)) return this.#release(write.taken)
    const session = sessionOf(write.command)
    if (session === undefined || write.isRetry) return this.#giveUp(write)
    this.#forgetRetry(session, '')
    const timer = setTimeout(() => this.#forgetRetry(session, ''), RETRY_WITHIN_MS).unref()
    this.#retries.set(session, { write, timer })
  }

  end(): void {
    // Whether these will be written is not seen any more.
    for (const session of this.#retries.keys()) this.#forgetRetry(session, '')
    for (const write of this.#writes.values()) this.#giveUp(write)
    for (const { events } of this.#transactions.values()) this.#lose(events, 'outcome-unknown')
    this.#writes.clear()
    this.#commits.clear()
    this.#transactions.clear()
  }

  #join(session: string, number: string, written: readonly (Captured | undefined)[]): void {
    const held = this.#hold(written).filter((captured) => captured !== undefined)
    const open = this.#transactions.get(session)
    if (open) open.events.push(...held)
    else this.#transactions.set(session, { session, number, events: held, mayBeCommitted: false })
  }

  #forgetOlder(session: string, number: string): void {
    const open = this.#transactions.get(session)
    if (!open || open.number === number) return
    this.#drop(open)
    if (open.mayBeCommitted) this.#lose(open.events, 'outcome-unknown')
  }

  #drop(transaction: Transaction | undefined): void {
    if (!transaction || this.#transactions.get(transaction.session) !== transaction) return
    this.#transactions.delete(transaction.session)
    this.#release(transaction.events)
  }

  /** A write under the same number is the retry, and knows what became of both; any other says that there was none. */
  #forgetRetry(session: string, number: string): boolean {
    const retry = this.#retries.get(session)
    if (!retry) return false
    this.#retries.delete(session)
    clearTimeout(retry.timer)
    const isRetry = numberOf(retry.write.command) === number
    if (isRetry) this.#release(retry.write.taken)
    else this.#giveUp(retry.write)
    return isRetry
  }

  #giveUp({ taken, upserts }: Write): void {
    this.#release(taken)
    this.#lose(taken, 'outcome-unknown')
    for (const { template } of upserts) {
      const captured = this.#capture.take(template.with(undefined).part)
      if (captured) this.#lose([captured], 'outcome-unknown')
    }
  }

  /** Lets go of what would be too much. */
  #hold(taken: readonly (Captured | undefined)[]): (Captured | undefined)[] {
    const tooMany: Captured[] = []
    const held = taken.map((captured) => {
      if (captured === undefined) return undefined
      if (this.#events >= this.#limits.events || this.#bytes + captured.bytes.length > this.#limits.bytes) {
        tooMany.push(captured)
        return undefined
      }
      this.#events++
      this.#bytes += captured.bytes.length
      return captured
    })
    this.#lose(tooMany, 'too-many-in-flight')
    return held
  }

  #release(taken: readonly (Captured | undefined)[]): void {
    for (const captured of taken) {
      if (captured === undefined) continue
      this.#events--
      this.#bytes -= captured.bytes.length
    }
  }

  #lose(taken: readonly (Captured | undefined)[], reason: LossReason): void {
    const lost = taken.filter((captured) => captured !== undefined)
    if (lost.length > 0) this.#capture.lose(lost, reason)
  }
}

// Asked for only where a transaction or a retry is about: most writes are neither, and both cost more than the rest of the tap.
function numberOf(command: Readonly<Record<string, unknown>>): string {
  return String(command['txnNumber'])
}

function sessionOf(command: Readonly<Record<string, unknown>>): string | undefined {
  if (command['txnNumber'] === undefined) return undefined
  const { id } = command['lsid'] as { readonly id: { readonly buffer: Uint8Array } }
  return Buffer.from(id.buffer).toString('hex')
}
