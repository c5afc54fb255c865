import { createConnection, type Connection as DriverConnection, type ConnectionOptions } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { answerWithin, ChangeoverError, createWakers, propertyOf, waitAtMost } from '../core/index.ts'

/** How long `close` waits for statements that are running, in milliseconds. */
const CLOSE_MS = 2000
/** How often a waiting caller looks for a connection without being woken. */
const LOOK_MS = 1000

/** A connection whose session is prepared. */
export interface Connected<Session> {
  readonly connection: Connection
  /** The same connection, with callbacks. */
  readonly driver: DriverConnection
  readonly session: Session
}

/**
 * At most `limit` connections, opened when they are needed. Unlike the driver's own pool, it never waits for a server that has
 * fallen silent: opening a connection, waiting for one, and closing the pool all end.
 */
export class Connections<Session> {
  readonly #options: ConnectionOptions
  readonly #limit: number
  readonly #prepare: (connection: Connection) => Promise<Session>
  /** Every connection that is open or being opened. */
  readonly #drivers = new Map<Connection, DriverConnection>()
  readonly #idle: Connected<Session>[] = []
  readonly #freed = createWakers()
  #isClosed = false

  constructor(options: ConnectionOptions, limit: number, prepare: (connection: Connection) => Promise<Session>) {
    this.#options = options
    this.#limit = limit
    this.#prepare = prepare
  }

  /**
   * A connection for the caller alone, until it calls `release` or `destroy`. Rejects with the driver's error, or with the
   * signal's reason as soon as that aborts.
   */
  async acquire(signal: AbortSignal): Promise<Connected<Session>> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#isClosed) throw new ChangeoverError('ABORTED', 'The warehouse is closed.')
      const idle = this.#idle.pop()
      if (idle) return idle
      if (this.#drivers.size < this.#limit) return this.#open(signal)
      await this.#freed.wait(LOOK_MS, signal)
    }
  }

  /** The same, within `ms` milliseconds; then it rejects with what `late` gives. */
  async acquireWithin(ms: number, signal: AbortSignal, late?: () => Error): Promise<Connected<Session>> {
    const giveUp = new AbortController()
    const acquiring = this.acquire(giveUp.signal)
    try {
      return await answerWithin(ms, acquiring, signal, late)
    } catch (thrown) {
      giveUp.abort(thrown)
      // It may have come in the same moment.
      acquiring.then(
        (connected) => this.release(connected),
        () => {},
      )
      throw thrown
    }
  }

  release(connected: Connected<Session>): void {
    const driver = this.#drivers.get(connected.connection)
    if (!driver) return
    if (this.#isClosed) driver.end()
    else this.#idle.push(connected)
    this.#freed.wake()
  }

  /** Ends a connection at once, whatever it is doing. */
  destroy(connection: Connection): void {
    const driver = this.#drivers.get(connection)
    if (!driver) return
    this.#drop(connection)
    driver.destroy()
    destroyStream(driver)
  }

  /** Ends all connections: those that are idle at once, the others when their statement has ended or {@link CLOSE_MS} are over. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#freed.wake()
    const ended = [...this.#drivers.values()].map(
      (driver) => new Promise<void>((resolve) => void driver.once('end', resolve).once('error', resolve)),
    )
    for (const { connection } of this.#idle) this.#drivers.get(connection)?.end()
    await waitAtMost(
      CLOSE_MS,
      Promise.all(ended).then(() => {}),
    )
    for (const connection of this.#drivers.keys()) this.destroy(connection)
  }

  async #open(signal: AbortSignal): Promise<Connected<Session>> {
    const driver = createConnection(this.#options)
    const connection = driver.promise()
    this.#drivers.set(connection, driver)
    // Also when it is idle: a connection that the server ends must not be handed out.
    driver.on('error', () => this.destroy(connection))
    driver.on('end', () => this.#drop(connection))
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.#prepared(driver, connection), aborted.promise])
    } catch (thrown) {
      this.destroy(connection)
      throw thrown
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #prepared(driver: DriverConnection, connection: Connection): Promise<Connected<Session>> {
    await new Promise<void>((resolve, reject) => driver.connect((error) => (error ? reject(error) : resolve())))
    return { connection, driver, session: await this.#prepare(connection) }
  }

  #drop(connection: Connection): void {
    this.#drivers.delete(connection)
    const at = this.#idle.findIndex((idle) => idle.connection === connection)
    if (at >= 0) this.#idle.splice(at, 1)
    this.#freed.wake()
  }
}

/** The driver's `destroy` only ends its side of the stream, and a server that is silent never ends the other. */
function destroyStream(driver: object): void {
  const stream = propertyOf(driver, 'stream') as { destroy?: () => void } | undefined
  stream?.destroy?.()
}
