/**
 * The only error class of the package, for bad input and for outages. Expected outcomes are unions instead.
 *
 * `message` is a sentence that says what is wrong and where; `remedy` says what to do about it.
 */
export class ChangeoverError extends Error {
  // By a brand rather than the class: a project and a global command line may each load their own copy of the package.
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return value instanceof Error && '~changeover' in value
    } catch {
      // A proxy may throw, and this test runs wherever anything was thrown.
      return false
    }
  }

  readonly '~changeover' = true
  override readonly name = 'ChangeoverError'
  readonly code: ErrorCode
  readonly remedy: string | undefined

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
  }
}

/** What went wrong, as a stable word to switch on. */
export type ErrorCode =
  /** A table, migration, report or config is defined wrongly. */
  | 'DEFINITION'
  /** A value does not fit its column. */
  | 'VALUE'
  /** A message or an event cannot be read. */
  | 'MALFORMED'
  /** Something is larger than its limit. */
  | 'TOO_LARGE'
  /** An environment variable, argument or file is missing or wrong. */
  | 'CONFIG'
  /** A server cannot be reached, or went away and stayed away. */
  | 'UNREACHABLE'
  /** A server can be reached but keeps failing, for a reason that is not known to be permanent: waiting may help. */
  | 'FAILING'
  /** A server rejected the credentials, or the user is missing a privilege. */
  | 'DENIED'
  /** The schema of the warehouse does not match the definitions. */
  | 'SCHEMA'
  /** The definition of a migration was not applied to the warehouse yet: waiting helps once someone applies it. */
  | 'UNREGISTERED'
  /** A server failed in a way that no other code covers. */
  | 'UNEXPECTED'
  /** The work was stopped by its signal or its deadline. */
  | 'ABORTED'

/** What was thrown as a ChangeoverError: itself if it is one, `ABORTED` for what an aborted signal throws, else `UNEXPECTED`. */
export function asChangeoverError(thrown: unknown): ChangeoverError {
  if (thrown instanceof ChangeoverError) return thrown
  const code = propertyOf(thrown, 'name') === 'AbortError' ? 'ABORTED' : 'UNEXPECTED'
  return new ChangeoverError(code, messageOf(thrown), { cause: thrown })
}

/** The message of anything that was thrown, on one line, cut at `limit` characters. Never throws, whatever it is given. */
export function messageOf(thrown: unknown, limit = 500): string {
  let text: string
  try {
    // Declared as strings, but user code can set them to anything.
    const { message, name }: { message?: unknown; name?: unknown } = thrown instanceof Error ? thrown : {}
    text = thrown instanceof Error ? String(message) || String(name) : String(thrown)
  } catch {
    // Anything can be thrown: a throwing getter, a proxy, an object without a prototype.
    text = 'an error that has no readable message'
  }
  // Cut first: a driver may quote a whole document.
  const start = text.slice(0, SPACES_ALLOWED * limit)
  const line = start.replaceAll(/\s+/g, ' ').trim()
  if (line.length <= limit && start.length === text.length) return line
  // Not within a character that is two units long.
  return `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** How many characters are looked at for each one that is kept: indented messages are mostly spaces. */
const SPACES_ALLOWED = 10

/** The message of anything that was thrown, and the remedy when it has one, as one text. Never throws. */
export function messageAndRemedyOf(thrown: unknown, limit?: number): string {
  const message = messageOf(thrown, limit)
  // Asked with care: it may be a proxy of one of ours.
  const remedy = thrown instanceof ChangeoverError ? propertyOf(thrown, 'remedy') : undefined
  return typeof remedy === 'string' && remedy !== '' ? `${message} ${remedy}` : message
}

/** The `code` of a thrown value, as drivers and Node set it: `'ECONNREFUSED'`, `1213`, … Never throws. */
export function codeOf(thrown: unknown): string | number | undefined {
  const code = propertyOf(thrown, 'code')
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}

/** A property of a thrown value, or undefined when it is missing or cannot be read. Never throws. */
export function propertyOf(thrown: unknown, name: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  try {
    return Reflect.get(thrown, name)
  } catch {
    return undefined
  }
}
