import { ChangeoverError } from './errors.ts'
import { nearest } from './nearest.ts'

/** The whole numbers that an option takes, both ends included; `max` defaults to the greatest safe integer. */
export interface WholeRange {
  readonly min: number
  readonly max?: number
}

/** The names of all options of a type; the values do not matter, so that an object of defaults will do. */
export type OptionNames<T> = Readonly<Record<keyof T, unknown>>

/** The longest timer of Node, in milliseconds: a longer one fires at once. About 24 days. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** Checks the options of one public function. Each method returns the value that it was given, or throws a ChangeoverError `CONFIG`. */
export interface OptionChecker {
  /** A whole number within a range. */
  whole(name: string, value: number, range: WholeRange): number
  /** A whole number of milliseconds that a timer can wait. */
  milliseconds(name: string, value: number, range: { readonly min: number }): number
  /**
   * The options themselves: an object without misspelt names. A name that resembles none of the known ones is left alone, because an
   * object that holds more than options may be passed.
   *
   * @param known an object with the name of every option, which the compiler checks
   * @param within the option that these options are the value of
   */
  all<T extends object>(options: T, known: OptionNames<T>, within?: string): T
  /** An object that has these methods: a port that the user passes in. */
  port<T extends object>(name: string, value: T, methods: readonly (keyof T & string)[]): T
}

/**
 * The checker for the options of `owner`, which its errors name.
 *
 * @example
 * const check = checkOptions('createSink')
 * const batchMessages = check.whole('batchMessages', options.batchMessages ?? DEFAULT_BATCH_MESSAGES, { min: 1 })
 */
export function checkOptions(owner: string): OptionChecker {
  const refuse = (name: string, is: string, remedy: string): never => {
    throw new ChangeoverError('CONFIG', `The option ${name} of ${owner} ${is}.`, { remedy })
  }
  const whole: OptionChecker['whole'] = (name, value, { min, max }) => {
    if (Number.isSafeInteger(value) && value >= min && value <= (max ?? Number.MAX_SAFE_INTEGER)) return value
    const shown = typeof value === 'number' ? String(value) : typeOf(value)
    return refuse(name, `is ${shown}`, `Use a whole number from ${min}${max === undefined ? '' : ` to ${max}`}.`)
  }
  return {
    whole,
    milliseconds: (name, value, { min }) => whole(name, value, { min, max: MAX_TIMER_MS }),

    all(options, known, within) {
      // Callers without types may pass anything.
      const given: unknown = options
      if (typeof given !== 'object' || given === null) {
        if (within !== undefined) return refuse(within, `is ${typeOf(given)}`, 'Pass an object with its options.')
        throw new ChangeoverError('CONFIG', `The options of ${owner} are ${typeOf(given)}.`, {
          remedy: 'Pass an object with the options.',
        })
      }
      const place = within === undefined ? '' : `${within}.`
      for (const name of Object.keys(given)) {
        if (Object.hasOwn(known, name)) continue
        const meant = nearest(name, Object.keys(known))
        if (meant !== undefined) refuse(`${place}${name}`, 'does not exist', `Write ${place}${meant}.`)
      }
      return options
    },

    port(name, value, methods) {
      // Callers without types may pass anything.
      const given: unknown = value
      if (typeof given !== 'object' || given === null) {
        const is = given === undefined || given === null ? 'is missing' : `is ${typeOf(given)}`
        return refuse(name, is, `Pass an object with ${methods.map((method) => `${method}()`).join(', ')}.`)
      }
      const missing = methods.find((method) => typeof Reflect.get(given, method) !== 'function')
      if (missing === undefined) return value
      return refuse(name, `has no method ${missing}()`, 'Check that it is the right object for this option.')
    },
  }
}

function typeOf(value: unknown): string {
  return value === undefined || value === null ? String(value) : `of type ${typeof value}`
}
