import {
  ChangeoverError,
  codeOf,
  driverErrors,
  mayPass,
  messageOf,
  propertyOf,
  type DriverErrors,
} from '../core/index.ts'
import { mysqlRemedyOf } from './remedies.ts'
import { ALREADY_DONE, KINDS, type MysqlErrorKind } from './mysql-error-kinds.ts'

/** The errors of mysql2, in the terms of this package: never with the statement or its values. */
export const mysqlErrors: DriverErrors<MysqlErrorKind> = driverErrors<MysqlErrorKind>({
  kinds: KINDS,
  codesOf: (thrown) => [numberOf(thrown), codeOf(thrown)],
  otherwise: () => 'unknown',
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
    lock: keptFailing('UNREACHABLE'),
    condition: keptFailing('UNREACHABLE'),
    unknown: keptFailing('FAILING'),
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
    config: {
      code: 'CONFIG',
      sentence: (place, said) => `The warehouse at ${place} cannot be used in this way: ${said}.`,
      remedy: 'Correct the options of MYSQL_URL, above all ssl, or those of its user on the server.',
    },
    data: {
      code: 'VALUE',
      sentence: (place, said) => `The warehouse at ${place} refused a value: ${said}.`,
    },
    statement: {
      code: 'UNEXPECTED',
      sentence: (place, said) => `The warehouse at ${place} failed: ${said}.`,
    },
  },
})

function keptFailing(code: 'UNREACHABLE' | 'FAILING') {
  return {
    code,
    sentence: (place: string, said: string) => `The warehouse at ${place} kept failing: ${said}.`,
    remedy: 'No data is lost; run it again when the server has recovered.',
  }
}

const SERVER_KINDS: ReadonlySet<MysqlErrorKind> = new Set<MysqlErrorKind>(['unreachable', 'denied', 'schema', 'config'])

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
  return mysqlErrors.kindOf(thrown) === 'lock'
}

/** Whether a statement failed because its effect is already there. */
export function alreadyDone(thrown: unknown): boolean {
  const cause = thrown instanceof ChangeoverError ? thrown.cause : thrown
  return ALREADY_DONE.includes(numberOf(cause) ?? 0)
}

const TRANSIENT_KINDS: ReadonlySet<MysqlErrorKind> = new Set<MysqlErrorKind>([
  'lock',
  'condition',
  'unreachable',
  'unknown',
])

/** Whether to try again: the same statement may succeed, and every statement may run twice. */
export function isTransient(thrown: unknown): boolean {
  return thrown instanceof ChangeoverError ? mayPass(thrown) : TRANSIENT_KINDS.has(mysqlErrors.kindOf(thrown))
}

const USABLE: ReadonlySet<MysqlErrorKind> = new Set<MysqlErrorKind>(['lock', 'data', 'schema', 'denied', 'statement'])

/** Whether the connection of a statement that failed can be used for the next one. */
export function isUsableAfter(thrown: unknown): boolean {
  return USABLE.has(mysqlErrors.kindOf(thrown))
}

/**
 * The error of a statement as it is judged. A connection that was lost while its statement ran says less than one that could not
 * be opened: the statement may be what the server, or a proxy, ends it for.
 */
export function statementError(thrown: unknown): unknown {
  if (mysqlErrors.kindOf(thrown) !== 'unreachable') return thrown
  return new Error(`the connection was lost during a statement (${mysqlErrors.say(thrown)})`, { cause: thrown })
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
