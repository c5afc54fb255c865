import { ChangeoverError, codeOf, driverErrors, messageOf, propertyOf, type DriverErrors } from '../core/index.ts'
import { mysqlRemedyOf } from './remedies.ts'

/** The kinds of MySQL errors. */
export type MysqlErrorKind = 'retryable' | 'unreachable' | 'denied' | 'schema' | 'data' | 'other'

// By the server's number where there is one, else by the code of Node or the driver.
const KINDS: Readonly<Record<string, MysqlErrorKind>> = Object.freeze({
  1205: 'retryable', // lock wait timeout
  1213: 'retryable', // deadlock
  1020: 'retryable', // record has changed since last read
  1290: 'retryable', // read-only: a failover is in progress
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

/** InnoDB rejected the statement because of another transaction's locks. */
const LOCK_CONFLICTS: ReadonlySet<number> = new Set([1205, 1213, 1020])
/** What the statement creates exists, or what it drops does not. */
const ALREADY_DONE: ReadonlySet<number> = new Set([1050, 1060, 1061, 1091])

/** The errors of mysql2, in the terms of this package: never with the statement or its values. */
export const mysqlErrors: DriverErrors<MysqlErrorKind> = driverErrors<MysqlErrorKind>({
  kinds: KINDS,
  codesOf: (thrown) => [numberOf(thrown), codeOf(thrown)],
  otherwise: () => 'other',
  say: (thrown) => {
    // Node's error for several addresses that all failed has no message.
    const said = propertyOf(thrown, 'message') === '' ? String(codeOf(thrown) ?? '') : ''
    return said || withoutValues(messageOf(thrown, 300))
  },
  remedyOf: mysqlRemedyOf,
  translations: {
    unreachable: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `The warehouse at ${place} cannot be reached: ${said}.`,
      remedy: 'Check that the server runs and that MYSQL_URL names its host, port and database.',
    },
    retryable: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `The warehouse at ${place} kept failing with a transient error: ${said}.`,
      remedy: 'No data is lost; run it again when the server has recovered.',
    },
    denied: {
      code: 'DENIED',
      sentence: (place, said) => `The warehouse at ${place} denied access: ${said}.`,
      remedy: 'Give the user of MYSQL_URL the rights that docs/reference/rights.md lists.',
    },
    schema: {
      code: 'SCHEMA',
      sentence: (place, said) => `The warehouse at ${place} does not have the expected schema: ${said}.`,
      remedy: 'Create the database if it is missing, then run: changeover apply',
    },
    data: {
      code: 'VALUE',
      sentence: (place, said) => `The warehouse at ${place} refused a value: ${said}.`,
    },
    other: {
      code: 'UNEXPECTED',
      sentence: (place, said) => `The warehouse at ${place} failed: ${said}.`,
    },
  },
})

const SERVER_KINDS: ReadonlySet<MysqlErrorKind> = new Set<MysqlErrorKind>(['unreachable', 'denied', 'schema'])

/**
 * The error of the server behind what a report threw, translated; undefined when the report's own code is to blame.
 *
 * @param address the warehouse's address, as in `ReportPort.address`
 */
export function serverErrorOf(thrown: unknown, address: string): ChangeoverError | undefined {
  return SERVER_KINDS.has(mysqlErrors.kindOf(thrown)) ? mysqlErrors.translate(thrown, address) : undefined
}

/** Whether InnoDB rejected the statement because of another transaction's locks. The connection stays usable. */
export function isLockConflict(thrown: unknown): boolean {
  return LOCK_CONFLICTS.has(numberOf(thrown) ?? 0)
}

/** Whether a statement failed because its effect is already there. */
export function alreadyDone(thrown: unknown): boolean {
  const cause = thrown instanceof ChangeoverError ? thrown.cause : thrown
  return ALREADY_DONE.has(numberOf(cause) ?? 0)
}

/** Whether to try again: the same statement may succeed, and every statement may run twice. */
export function isTransient(thrown: unknown): boolean {
  const kind = mysqlErrors.kindOf(thrown)
  return kind === 'retryable' || kind === 'unreachable'
}

function numberOf(thrown: unknown): number | undefined {
  const number = propertyOf(thrown, 'errno')
  return typeof number === 'number' && number > 0 ? number : undefined
}

// "Incorrect integer value: 'x' for column 'y'": the value is removed, the column is kept.
function withoutValues(said: string): string {
  return said
    .replace(/ value: '.*' for (column|function)/i, ' value for $1')
    .replace(/^Duplicate entry '.*' for key/i, 'Duplicate entry for key')
}
