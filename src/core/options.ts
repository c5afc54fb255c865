import { ChangeoverError } from './errors.ts'

/** The whole numbers that an option takes, both ends included; `max` defaults to the greatest safe integer. */
export interface WholeRange {
  readonly min: number
  readonly max?: number
}

/** The longest timer of Node, in milliseconds: a longer one fires at once. About 24 days. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** Checks the options of one public function. Each method returns the value that it was given, or throws a ChangeoverError `CONFIG`. */
export interface OptionChecker {
  /** A whole number within a range. */
  whole(name: string, value: number, range: WholeRange): number
  /** A whole number of milliseconds that a timer can wait. */
  milliseconds(name: string, value: number, range: { readonly min: number }): number
  /** The options themselves: an object. */
  all<T extends object>(options: T): T
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

    all(options: unknown) {
      if (typeof options === 'object' && options !== null) return options as never
      throw new ChangeoverError('CONFIG', `The options of ${owner} are ${typeOf(options)}.`, {
        remedy: 'Pass an object with the options.',
      })
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
