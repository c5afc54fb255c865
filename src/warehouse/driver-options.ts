import type { PoolOptions } from 'mysql2'
import { ChangeoverError } from '../core/index.ts'

/**
 * The same value comes back whatever connection read it: times in UTC, integers exact. Throws a ChangeoverError `CONFIG` when it is no
 * MySQL URL, names no database that can be a warehouse, or has an option that the driver does not take.
 */
export function driverOptions(url: string): PoolOptions {
  const { pathname, searchParams } = parse(url)
  checkDatabase(pathname.slice(1))
  checkQuery(searchParams)
  return {
    uri: url,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    multipleStatements: false,
    enableKeepAlive: true,
    maxPreparedStatements: 256,
  }
}

/** Databases of the server itself. */
const SYSTEM_DATABASES: ReadonlySet<string> = new Set(['information_schema', 'mysql', 'performance_schema', 'sys'])

/** The options that an address may have. The driver has more, but this package sets those itself, or they are functions. */
const QUERY_OPTIONS: readonly string[] = [
  'compress',
  'connectAttributes',
  'connectTimeout',
  'enableCleartextPlugin',
  'flags',
  'keepAliveInitialDelay',
  'localAddress',
  'password2',
  'password3',
  'socketPath',
  'ssl',
]

const EXAMPLE = 'mysql://user:password@host:3306/database'

function parse(url: string): URL {
  const parsed = /^(mysql|mariadb):\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined) {
    throw new ChangeoverError('CONFIG', 'The address of the warehouse is not a MySQL URL.', {
      remedy: `Write it as ${EXAMPLE}, with special characters percent-encoded.`,
    })
  }
  const parts = { user: parsed.username, password: parsed.password, database: parsed.pathname }
  for (const [part, text] of Object.entries(parts)) {
    if (isDecodable(text)) continue
    throw new ChangeoverError('CONFIG', `The ${part} in the address of the warehouse has a % that encodes nothing.`, {
      remedy: 'Write % as %25, and other special characters percent-encoded.',
    })
  }
  return parsed
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function checkDatabase(encoded: string): void {
  const name = decodeURIComponent(encoded)
  const shown = JSON.stringify(name)
  if (name === '') {
    throw new ChangeoverError('CONFIG', 'The address of the warehouse names no database.', {
      remedy: `Write it behind the host: ${EXAMPLE}`,
    })
  }
  if (SYSTEM_DATABASES.has(name.toLowerCase())) {
    throw new ChangeoverError(
      'CONFIG',
      `The address of the warehouse names ${shown}, a database of the server itself.`,
      {
        remedy: 'Name a database of its own for the warehouse.',
      },
    )
  }
  if (/^[\p{L}\p{N}_$-]{1,64}$/u.test(name)) return
  throw new ChangeoverError('CONFIG', `The address of the warehouse names the database ${shown}.`, {
    remedy: 'Use a database whose name has only letters, digits, underscores and hyphens, at most 64 characters.',
  })
}

function checkQuery(options: URLSearchParams): void {
  for (const [name, value] of options) {
    if (!QUERY_OPTIONS.includes(name)) {
      throw new ChangeoverError('CONFIG', `The address of the warehouse has the option ${JSON.stringify(name)}.`, {
        remedy: `Remove it; the options are ${QUERY_OPTIONS.join(', ')}.`,
      })
    }
    if (name === 'ssl' && !isTlsSetting(value)) {
      throw new ChangeoverError('CONFIG', 'The option ssl in the address of the warehouse is not a TLS setting.', {
        remedy: 'Write ?ssl={} for a certificate of a known authority, or a JSON object with options of tls.connect.',
      })
    }
  }
}

/** An object in JSON, or a profile that the driver has certificates for. */
function isTlsSetting(value: string): boolean {
  if (value === 'Amazon RDS') return true
  try {
    const setting: unknown = JSON.parse(value)
    return typeof setting === 'object' && setting !== null && !Array.isArray(setting)
  } catch {
    return false
  }
}
