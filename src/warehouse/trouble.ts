import { ChangeoverError, codeOf, messageOf } from '../core/index.ts'

/** What kind of trouble a MySQL error is. */
export type Trouble = 'retryable' | 'unreachable' | 'denied' | 'schema' | 'data' | 'other'

// By the server's number where there is one, else by the code of Node or the driver.
const KIND: Readonly<Record<string, Trouble>> = Object.freeze({
  1205: 'retryable', // lock wait timeout
  1213: 'retryable', // deadlock
  1020: 'retryable', // record has changed since last read
  1290: 'retryable', // read-only: a failover is under way
  1836: 'retryable', // read-only mode
  1792: 'retryable', // read-only transaction
  1040: 'retryable', // too many connections
  1203: 'retryable', // too many connections of this user
  1053: 'retryable', // shutdown in progress
  1927: 'retryable', // connection was killed
  1317: 'retryable', // query was interrupted
  1615: 'retryable', // prepared statement needs to be re-prepared
  1243: 'retryable', // unknown prepared statement handler
  PROTOCOL_CONNECTION_LOST: 'unreachable',
  ECONNRESET: 'unreachable',
  ECONNREFUSED: 'unreachable',
  ECONNABORTED: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'unreachable', // a socket file that is not there
  1044: 'denied',
  1045: 'denied',
  1142: 'denied',
  1143: 'denied',
  1227: 'denied',
  1370: 'denied',
  1410: 'denied',
  1698: 'denied',
  3118: 'denied', // account is locked
  1049: 'schema', // unknown database
  1054: 'schema', // unknown column
  1146: 'schema', // no such table
  1356: 'schema', // view references invalid table
  1046: 'schema', // no database selected
  1048: 'data', // column cannot be null
  1264: 'data', // out of range
  1265: 'data', // truncated
  1292: 'data', // incorrect value
  1366: 'data', // incorrect value for the column's type
  1406: 'data', // too long
  1153: 'data', // larger than max_allowed_packet
  3819: 'data', // check constraint
  4025: 'data', // check constraint, MariaDB
})

/** What kind of trouble a thrown thing is. */
export function troubleOf(thrown: unknown): Trouble {
  const byNumber = KIND[String(numberOf(thrown))]
  return byNumber ?? KIND[String(codeOf(thrown))] ?? 'other'
}

/** Whether InnoDB refused the statement for another's locks. The connection is as good as before. */
export function isLockConflict(thrown: unknown): boolean {
  return [1205, 1213, 1020].includes(numberOf(thrown) ?? 0)
}

/** Whether a statement failed because what it makes is there already. */
export function alreadyDone(thrown: unknown): boolean {
  const cause = thrown instanceof ChangeoverError ? thrown.cause : thrown
  return [1050, 1060, 1061, 1091].includes(numberOf(cause) ?? 0)
}

/** Whether to try again: the same statement may succeed, and a merge may run twice. */
export function isTransient(thrown: unknown): boolean {
  const trouble = troubleOf(thrown)
  return trouble === 'retryable' || trouble === 'unreachable'
}

function numberOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errno' in thrown)) return undefined
  return typeof thrown.errno === 'number' && thrown.errno > 0 ? thrown.errno : undefined
}

// "Incorrect integer value: 'x' for column 'y'": what is the user's goes, where it was stays.
function withoutValues(said: string): string {
  return said
    .replace(/ value: '.*' for (column|function)/i, ' value for $1')
    .replace(/^Duplicate entry '.*' for key/i, 'Duplicate entry for key')
}

/** A driver's error as one of ours: a sentence with the place and a remedy, never with the statement or its values. */
export function explain(thrown: unknown, address: string): unknown {
  if (thrown instanceof ChangeoverError) return thrown
  const said = withoutValues(messageOf(thrown, 300))
  const cause = { cause: thrown }
  switch (troubleOf(thrown)) {
    case 'unreachable':
      return new ChangeoverError(
        'UNREACHABLE',
        `The warehouse at ${address} cannot be reached: ${said || String(codeOf(thrown))}.`,
        {
          ...cause,
          remedy: 'Check that the server runs and that MYSQL_URL names its host, port and database.',
        },
      )
    case 'retryable':
      return new ChangeoverError(
        'UNREACHABLE',
        `The warehouse at ${address} kept failing for a passing reason: ${said}.`,
        {
          ...cause,
          remedy: 'Nothing is lost; run it again when the server has recovered.',
        },
      )
    case 'denied':
      return new ChangeoverError('DENIED', `The warehouse at ${address} refused: ${said}.`, {
        ...cause,
        remedy: 'Give the user of MYSQL_URL the rights that docs/reference/rights.md lists.',
      })
    case 'schema':
      return new ChangeoverError('SCHEMA', `The warehouse at ${address} lacks something: ${said}.`, {
        ...cause,
        remedy: 'Create the database if it is missing, then run: changeover apply',
      })
    case 'data':
      return new ChangeoverError('VALUE', `The warehouse at ${address} refused a value: ${said}.`, cause)
    case 'other':
      return new ChangeoverError('UNEXPECTED', `The warehouse at ${address} failed: ${said}.`, cause)
  }
}
