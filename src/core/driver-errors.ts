import { ChangeoverError, codeOf, messageOf, type ErrorCode } from './errors.ts'

/** What an error of one kind is translated to. */
export interface Translation {
  readonly code: ErrorCode
  /** The sentence: `place` is the server, fit for a log; `said` is what the driver said, without secrets and values. */
  readonly sentence: (place: string, said: string) => string
  readonly remedy?: string
}

/** What an adapter knows about the errors of its driver: a table, and how to look an error up in it. */
export interface DriverErrorTable<Kind extends string> {
  /** The kind of an error by its code, number or name. */
  readonly kinds: Readonly<Record<string, Kind>>
  /**
   * The keys that an error is looked up by, the most specific first.
   *
   * @defaultValue its `code`
   */
  readonly codesOf?: (thrown: unknown) => readonly (string | number | undefined)[]
  /** The kind of an error that the table does not list. */
  readonly otherwise: (thrown: unknown) => Kind
  /**
   * The part of an error's message that may be repeated: neither values nor secrets.
   *
   * @defaultValue the message, cut at 300 characters
   */
  readonly say?: (thrown: unknown) => string
  /**
   * Whether an error must not become the `cause` of its translation, because it quotes secrets.
   *
   * @defaultValue every error becomes the cause
   */
  readonly isSecret?: (thrown: unknown) => boolean
  /**
   * The remedy for one error, where that of its kind would mislead.
   *
   * @defaultValue that of its kind
   */
  readonly remedyOf?: (thrown: unknown) => string | undefined
  readonly translations: Readonly<Record<Kind, Translation>>
}

/** The errors of one driver, in the terms of this package. */
export interface DriverErrors<Kind extends string> {
  kindOf(thrown: unknown): Kind
  /** The part of an error's message that may be repeated. */
  say(thrown: unknown): string
  /** A ChangeoverError for what a driver threw at `place`; a ChangeoverError is returned as it is. */
  translate(thrown: unknown, place: string): ChangeoverError
}

export function driverErrors<Kind extends string>(table: DriverErrorTable<Kind>): DriverErrors<Kind> {
  const { kinds, codesOf = (thrown) => [codeOf(thrown)], say = (thrown) => messageOf(thrown, 300) } = table
  const kindOf = (thrown: unknown): Kind => {
    for (const code of codesOf(thrown)) {
      if (code !== undefined && Object.hasOwn(kinds, code)) return kinds[code]!
    }
    return table.otherwise(thrown)
  }
  return {
    kindOf,
    say,
    translate(thrown, place) {
      if (thrown instanceof ChangeoverError) return thrown
      const { code, sentence, remedy: usual } = table.translations[kindOf(thrown)]
      const remedy = table.remedyOf?.(thrown) ?? usual
      return new ChangeoverError(code, sentence(place, say(thrown)), {
        ...(remedy === undefined ? {} : { remedy }),
        ...(table.isSecret?.(thrown) ? {} : { cause: thrown }),
      })
    },
  }
}
