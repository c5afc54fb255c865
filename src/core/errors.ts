/**
 * The one error class of the package. Expected outcomes are result unions; this is for bad input and for outages.
 *
 * `message` is a sentence that names the thing and the place; `remedy` says what to do about it.
 */
export class ChangeoverError extends Error {
  // By a brand, not by the class: a project and a global command line may each have a copy of the package.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && '~changeover' in value
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
  /** A table, migration, report or config is wrong as written. */
  | 'DEFINITION'
  /** A value does not fit the column it was meant for. */
  | 'VALUE'
  /** A message or an event cannot be read. */
  | 'MALFORMED'
  /** Something is larger than its limit. */
  | 'TOO_LARGE'
  /** An environment variable, argument or file is missing or wrong. */
  | 'CONFIG'
  /** A server cannot be reached, or went away and stayed away. */
  | 'UNREACHABLE'
  /** A server refused the credentials or the rights of the user. */
  | 'DENIED'
  /** The warehouse does not have the shape that the definitions ask for. */
  | 'SCHEMA'
  /** A server failed in a way that none of the other words fits. */
  | 'UNEXPECTED'
  /** The work was stopped by its signal or by its deadline. */
  | 'ABORTED'

/** The message of anything that was thrown, on one line, cut at `limit` characters. Never throws, whatever it is given. */
export function messageOf(thrown: unknown, limit = 500): string {
  let text: string
  try {
    // Typed as text, but anybody can have put anything there.
    const { message, name }: { message?: unknown; name?: unknown } = thrown instanceof Error ? thrown : {}
    text = thrown instanceof Error ? String(message) || String(name) : String(thrown)
  } catch {
    // A getter, a proxy or an object without a prototype: anything can be thrown.
    text = 'an error that has no readable message'
  }
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}

/** The message of anything that was thrown, and the remedy when it has one, as one text. Never throws. */
export function messageAndRemedyOf(thrown: unknown, limit?: number): string {
  const message = messageOf(thrown, limit)
  return thrown instanceof ChangeoverError && thrown.remedy ? `${message} ${thrown.remedy}` : message
}

/** The `code` of a thrown thing as drivers and Node give it: `'ECONNREFUSED'`, `1213`, … Never throws. */
export function codeOf(thrown: unknown): string | number | undefined {
  const code = propertyOf(thrown, 'code')
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}

/** A property of a thrown thing, or undefined when it has none or cannot be asked. Never throws. */
export function propertyOf(thrown: unknown, name: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  try {
    return Reflect.get(thrown, name)
  } catch {
    return undefined
  }
}
