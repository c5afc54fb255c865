/** The kinds of MySQL errors. */
export type MysqlErrorKind =
  /** InnoDB rejected the statement because of another transaction's locks. */
  | 'lock'
  /** A condition of the server that passes, and that no value of a statement causes. */
  | 'condition'
  | 'unreachable'
  | 'denied'
  | 'schema'
  | 'config'
  | 'data'
  /** The statement cannot be run, whatever its values. */
  | 'statement'
  /** Not in the table: it may pass. */
  | 'unknown'

const LOCK_CONFLICTS = [1020, 1205, 1213]
const OUT_OF_SPACE = [1021, 1026, 1037, 1038, 1041, 1114, 1206]
const TOO_MANY = [1040, 1129, 1203, 1226, 1461]
/** Not ready, or offline. */
const NOT_READY = [1047, 3032, 3100, 3101]
const DISCONNECTED = [1053, 1158, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 3169, 4031]
/** Read-only, while a failover is in progress, and commits that failed. */
const FAILING_OVER = [1180, 1290, 1792, 1836, 3572]
const STATEMENT_GONE = [1243, 1615]
const TOOK_TOO_LONG = [1969, 3024]
/** Rights, and accounts that are locked or whose password expired. */
const DENIED = [1044, 1045, 1130, 1142, 1143, 1227, 1370, 1410, 1698, 1820, 1862, 3118, 4151]
/** Database, table, view or column that is missing, or that is not ours and has no default. */
const SCHEMA = [1046, 1049, 1054, 1136, 1146, 1356, 1364]
const NULL_OR_RANGE = [1048, 1264, 1690]
const NOT_OF_ITS_TYPE = [1265, 1292, 1300, 1365, 1366, 1367, 1411, 1441, 3140, 3141]
/** Too long for its column, for a page, or for `max_allowed_packet`. */
const TOO_LARGE = [1118, 1153, 1406]
/** Keys, checks, partitions and triggers that are not ours. */
const CONSTRAINTS = [1022, 1062, 1216, 1217, 1451, 1452, 1526, 1586, 1644, 3819, 4025]
/** Not understood, or not supported. */
const NOT_UNDERSTOOD = [1064, 1149, 1235, 1289, 1390]
/** A view where a table should be. */
const NOT_WRITABLE = [1288, 1471]
const EXPRESSIONS = [1055, 1093, 1111, 1210, 1241, 1248, 1253, 1267, 1305, 1630]
const SETTINGS = [1115, 1193, 1231, 1232, 1238, 1273, 1286]
/** What the statement creates exists, or what it drops does not. */
export const ALREADY_DONE: readonly number[] = Object.freeze([1050, 1060, 1061, 1091])
const TABLES = [1051, 1059, 1068, 1069, 1070, 1071, 1072, 1074, 1075, 1101, 1103, 1113, 1117, 1166, 1170, 1171, 1709]
const VIEWS = [1347, 1348, 1349, 1350, 1351, 1352, 1353]
const COLUMNS = [1425, 1426, 1427, 1845, 1846]

/**
 * Kinds by the server's number where there is one, else by the code of Node or the driver. What is permanent is listed, because
 * no list of what passes is complete: an error that is not in this table may pass. `lock`, `condition` and `unreachable` are listed
 * because they say more than that: no row is to blame.
 */
export const KINDS: Readonly<Record<string, MysqlErrorKind>> = Object.freeze({
  ...all('lock', LOCK_CONFLICTS),
  ...all('condition', [...OUT_OF_SPACE, ...TOO_MANY, ...NOT_READY, ...DISCONNECTED]),
  ...all('condition', [...FAILING_OVER, ...STATEMENT_GONE, ...TOOK_TOO_LONG]),
  ...all('unreachable', ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE']),
  ...all('unreachable', ['ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']),
  ENOENT: 'unreachable', // a socket file that is not there
  ...all('denied', DENIED),
  ...all('schema', SCHEMA),
  1251: 'config', // an authentication protocol that the driver does not know
  ...all('config', ['AUTH_SWITCH_PLUGIN_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR', 'CERT_HAS_EXPIRED']),
  ...all('config', ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID']),
  ...all('config', ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']),
  ...all('data', [...NULL_OR_RANGE, ...NOT_OF_ITS_TYPE, ...TOO_LARGE, ...CONSTRAINTS]),
  ...all('statement', [...NOT_UNDERSTOOD, ...NOT_WRITABLE, ...EXPRESSIONS, ...SETTINGS]),
  ...all('statement', [...ALREADY_DONE, ...TABLES, ...VIEWS, ...COLUMNS]),
})

function all<Kind extends string>(kind: Kind, codes: readonly (number | string)[]): Record<string, Kind> {
  return Object.fromEntries(codes.map((code) => [code, kind]))
}
