/** The one place where MySQL and MariaDB differ. */
export interface Dialect {
  readonly name: 'MySQL' | 'MariaDB'
  readonly version: string
  /** The collation that compares bytes and does not pad. */
  readonly collation: string
  /** Whether a window function sorts any two different texts apart. */
  readonly sortsTextExactly: boolean
  /** What follows the VALUES of a merge, to name the incoming row. */
  readonly rowAlias: string
  /** The incoming value of a column in ON DUPLICATE KEY UPDATE; the name comes quoted. */
  incoming(quotedColumn: string): string
}

/** Whether a server can be used, and how. */
export type DialectResult =
  | { readonly kind: 'supported'; readonly dialect: Dialect }
  /** `reason` is a sentence for a person. */
  | { readonly kind: 'unsupported'; readonly reason: string }

/** The dialect of a server, by what `VERSION()` returns. */
export function dialectOf(version: string): DialectResult {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0)
  const number = major * 1_000_000 + minor * 1000 + patch
  if (/mariadb/i.test(version)) return number < 10_006_000 ? tooOld('MariaDB', version, '10.6') : mariadb(version)
  return number < 8_000_019 ? tooOld('MySQL', version, '8.0.19') : mysql(version)
}

function tooOld(name: Dialect['name'], version: string, oldest: string): DialectResult {
  return { kind: 'unsupported', reason: `${name} ${version} is too old: changeover requires ${oldest} or later.` }
}

function mariadb(version: string): DialectResult {
  const dialect: Dialect = {
    name: 'MariaDB',
    version,
    collation: 'utf8mb4_nopad_bin',
    sortsTextExactly: false,
    rowAlias: '',
    incoming: (column) => `VALUES(${column})`,
  }
  return { kind: 'supported', dialect }
}

function mysql(version: string): DialectResult {
  const dialect: Dialect = {
    name: 'MySQL',
    version,
    collation: 'utf8mb4_0900_bin',
    sortsTextExactly: true,
    rowAlias: ' AS `incoming`',
    incoming: (column) => `\`incoming\`.${column}`,
  }
  return { kind: 'supported', dialect }
}
