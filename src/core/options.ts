import { ChangeoverError } from './errors.ts'

/** The whole numbers that an option takes, both ends included; `max` defaults to the greatest safe integer. */
export interface WholeRange {
  readonly min: number
  readonly max?: number
}

/** Checks the options of one public function. Each method returns the value that it was given, or throws a ChangeoverError `CONFIG`. */
export interface OptionChecker {
  /** A whole number within a range. */
  whole(name: string, value: number, range: WholeRange): number
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
  return {
    whole(name, value, { min, max }) {
      if (Number.isSafeInteger(value) && value >= min && value <= (max ?? Number.MAX_SAFE_INTEGER)) return value
      const shown = typeof value === 'number' ? String(value) : `of type ${value === null ? 'null' : typeof value}`
      return refuse(name, `is ${shown}`, `Use a whole number from ${min}${max === undefined ? '' : ` to ${max}`}.`)
    },

    port(name, value, methods) {
      // Callers without types may pass anything.
      const given: unknown = value
      if (typeof given !== 'object' || given === null) {
        return refuse(name, 'is missing', `Pass an object with ${methods.map((method) => `${method}()`).join(', ')}.`)
      }
      const missing = methods.find((method) => typeof Reflect.get(given, method) !== 'function')
      if (missing === undefined) return value
      return refuse(name, `has no method ${missing}()`, 'Check that it is the right object for this option.')
    },
  }
}
