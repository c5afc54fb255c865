/** The one place where MySQL and MariaDB differ. */
export interface Dialect {
  readonly name: 'MySQL' | 'MariaDB'
  readonly version: string
  /** The collation that compares bytes and does not pad. */
  readonly collation: string
  /** What follows the VALUES of a merge, to name the row that comes in. */
  readonly rowAlias: string
  /** The incoming value of a column in ON DUPLICATE KEY UPDATE; the name comes quoted. */
  incoming(quotedColumn: string): string
}

/** The dialect of a server by what `VERSION()` says, or a sentence that says why it cannot serve. */
export function dialectOf(version: string): Dialect | string {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0)
  const number = major * 1_000_000 + minor * 1000 + patch
  if (/mariadb/i.test(version)) {
    if (number < 10_006_000) return `MariaDB ${version} is too old; 10.6 is the oldest that will do.`
    return {
      name: 'MariaDB',
      version,
      collation: 'utf8mb4_nopad_bin',
      rowAlias: '',
      incoming: (column) => `VALUES(${column})`,
    }
  }
  if (number < 8_000_019) return `MySQL ${version} is too old; 8.0.19 is the oldest that will do.`
  return {
    name: 'MySQL',
    version,
    collation: 'utf8mb4_0900_bin',
    rowAlias: ' AS `incoming`',
    incoming: (column) => `\`incoming\`.${column}`,
  }
}

/** An identifier in SQL. Identifiers come from definitions, which allow no quote; this is the second lock on the door. */
export function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}
