import {
  ChangeoverError,
  codeOf,
  driverErrors,
  mayPass,
  messageOf,
  propertyOf,
  type DriverErrors,
} from '../core/index.ts'

/** The kinds of MySQL errors. */
export type MysqlErrorKind =
  | 'lock'
  | 'condition'
  | 'unreachable'
  | 'denied'
  | 'schema'
  | 'config'
  | 'data'
  | 'statement'
  | 'unknown'

function kindOfAll<Kind extends string>(kind: Kind, codes: readonly (number | string)[]): Record<string, Kind> {
  return Object.fromEntries(codes.map((code) => [code, kind]))
}

/**
 * By the server's number where there is one, else by the code of Node or the driver. What is permanent is listed: an error that
 * is not in this table may pass. `lock`, `condition` and `unreachable` say more than that: they are never due to the values of
 * a statement.
 */
const KINDS: Readonly<Record<string, MysqlErrorKind>> = Object.freeze({
  ...kindOfAll('lock', [
    1205, // lock wait timeout
    1213, // deadlock
    1020, // record has changed since last read
  ]),
  ...kindOfAll('condition', [
    1021,
    1026,
    1037,
    1038,
    1041,
    1114,
    1206,
    3032, // out of disk, memory or table space
    1040,
    1129,
    1203,
    1226,
    1461,
    1047,
    3100,
    3101, // too many connections or statements; not ready
    1053,
    1317,
    1927,
    3169,
    4031,
    1158,
    1159,
    1160,
    1161,
    2006,
    2013, // shutdown, killed, disconnected
    1290,
    1792,
    1836,
    1180,
    3572, // read-only: a failover is in progress
    1243,
    1615, // prepared statement is gone
    1969,
    3024, // took too long
  ]),
  ...kindOfAll('unreachable', [
    'PROTOCOL_CONNECTION_LOST',
    'ECONNRESET',
    'ECONNREFUSED',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT', // a socket file that is not there
  ]),
  ...kindOfAll('denied', [
    1044,
    1045,
    1130,
    1142,
    1143,
    1227,
    1370,
    1410,
    1698,
    1820,
    1862,
    3118,
    4151, // account is locked, or its password expired
  ]),
  ...kindOfAll('schema', [
    1049, // unknown database
    1046, // no database selected
    1054, // unknown column
    1136, // column count does not match
    1146, // no such table
    1356, // view references invalid table
    1364, // a column that is not ours has no default
  ]),
  ...kindOfAll('config', [
    1251, // authentication protocol
    'AUTH_SWITCH_PLUGIN_ERROR',
    'HANDSHAKE_NO_SSL_SUPPORT',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ]),
  ...kindOfAll('data', [
    1022,
    1062,
    1586, // duplicate entry for a unique key that is not ours
    1048, // column cannot be null
    1118, // row size too large
    1153, // larger than max_allowed_packet
    1216,
    1217,
    1451,
    1452, // foreign key that is not ours
    1264,
    1690, // out of range
    1265,
    1292,
    1366,
    1367,
    1411,
    1441, // not a value of the column's type
    1300, // invalid character string
    1365, // division by zero
    1406, // too long
    1526, // no partition for the value
    1644, // a trigger refused it
    3140,
    3141, // invalid JSON
    3819,
    4025, // check constraint
  ]),
  ...kindOfAll('statement', [
    1064,
    1149,
    1235,
    1289,
    1390, // not understood, or not supported
    1050,
    1051,
    1060,
    1061,
    1091, // what it creates exists, or what it drops does not
    1059,
    1068,
    1069,
    1070,
    1071,
    1072,
    1074,
    1075,
    1101,
    1103,
    1113,
    1117,
    1166,
    1170,
    1171,
    1709, // definition of a table
    1347,
    1348,
    1349,
    1350,
    1351,
    1352,
    1353, // definition of a view
    1055,
    1093,
    1111,
    1210,
    1241,
    1248,
    1253,
    1267,
    1305,
    1630, // expression
    1115,
    1193,
    1231,
    1232,
    1238,
    1273,
    1286, // unknown name or value of a setting
    1425,
    1426,
    1427,
    1845,
    1846,
  ]),
})

/** What the statement creates exists, or what it drops does not. */
const ALREADY_DONE: ReadonlySet<number> = new Set([1050, 1060, 1061, 1091])

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
 * @param address the warehouse's, as `ReportPort.address` gives it
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
  return ALREADY_DONE.has(numberOf(cause) ?? 0)
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
