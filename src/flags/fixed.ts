import { SafeEmitter } from '../core/index.ts'
import type { FlagContext, Flags } from './port.ts'

/** On, off, or decided by the context. */
export type FixedFlag = boolean | ((context: FlagContext) => boolean)

/** Flags that are set in code. */
export interface FixedFlags extends Flags {
  set(name: string, value: FixedFlag): void
  onChange(listener: () => void): () => void
}

/**
 * Flags set in code, for tests and for applications without a flag server. They are ready at once. A flag that is not set, or whose
 * function throws, is off.
 *
 * @example
 * import { fixedFlags } from 'changeover/flags'
 *
 * const flags = fixedFlags({ 'changeover.history.write': ({ userId }) => userId === 'u1' })
 * flags.set('changeover.history.write', true)
 */
export function fixedFlags(flags: Readonly<Record<string, FixedFlag>> = {}): FixedFlags {
  const values = new Map(Object.entries(flags))
  const changes = new SafeEmitter<{ change: undefined }>()
  return Object.freeze<FixedFlags>({
    isReady: true,

    isEnabled(name, context = {}) {
      const value = values.get(name) ?? false
      if (typeof value === 'boolean') return value
      try {
        return value(context)
      } catch {
        return false
      }
    },

    async ready() {
      return true
    },

    onChange(listener) {
      return changes.on('change', () => listener())
    },

    set(name, value) {
      values.set(name, value)
      changes.emit('change', undefined)
    },
  })
}
