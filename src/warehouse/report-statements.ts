import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely'
import { answerWithin, ChangeoverError } from '../core/index.ts'
import type { Connected, Connections } from './connections.ts'
import { isUsableAfter } from './mysql-errors.ts'

/** What bounds the statements of reports. */
export interface StatementBounds {
  /** How long a statement may take, and how long to wait for a connection, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** The warehouse's address, for the error. */
  readonly address: string
}

/**
 * Connections as Kysely uses them: a statement that is not answered in time fails, and so does every statement as soon as the signal
 * aborts, whatever the server does. The connection of such a statement is destroyed.
 */
export function boundedPool(connections: Connections<void>, bounds: StatementBounds): MysqlPool {
  return {
    getConnection(answer) {
      connections
        .acquireWithin(bounds.timeoutMs, bounds.signal, () => tooLate(bounds))
        .then(
          (connected) => answer(null, boundedConnection(connected, connections, bounds)),
          // Kysely looks at the error first.
          (thrown: unknown) => answer(thrown, undefined as unknown as MysqlPoolConnection),
        )
    },
    // The connections belong to the warehouse, which ends them.
    end: (callback) => callback(null),
  }
}

function boundedConnection(
  connected: Connected<void>,
  connections: Connections<void>,
  bounds: StatementBounds,
): MysqlPoolConnection {
  const { connection, driver } = connected
  const { timeoutMs, signal } = bounds
  const destroy = (): void => connections.destroy(connection)
  const within = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await answerWithin(timeoutMs, work, signal, () => tooLate(bounds))
    } catch (thrown) {
      if (signal.aborted || !isUsableAfter(thrown)) destroy()
      throw thrown
    }
  }

  return {
    config: driver.config,
    threadId: driver.threadId ?? 0,
    connect: (callback) => callback?.(null),
    destroy,
    release: () => connections.release(connected),

    query(sql, parameters: unknown[], answer) {
      if (answer) {
        const { promise, resolve, reject } = Promise.withResolvers<MysqlQueryResult>()
        driver.query(sql, parameters, (error, result) => (error ? reject(error) : resolve(result as MysqlQueryResult)))
        within(promise).then(
          (result) => answer(null, result),
          (thrown: unknown) => answer(thrown, []),
        )
      }
      return {
        stream(options) {
          const stream = driver.query(sql, parameters).stream(options)
          const closed = new Promise<void>((resolve) => stream.once('close', resolve))
          within(closed).catch((thrown: Error) => stream.destroy(thrown))
          return stream
        },
      }
    },
  }
}

function tooLate({ timeoutMs, address }: StatementBounds): ChangeoverError {
  return new ChangeoverError(
    'UNREACHABLE',
    `The warehouse at ${address} did not answer a report's statement within ${timeoutMs} ms.`,
    { remedy: 'Check that the server runs; if the report takes that long, make it narrower or raise reportTimeoutMs.' },
  )
}
