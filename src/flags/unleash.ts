import { SafeEmitter } from '../core/index.ts'
import type { FlagContext, Flags } from './port.ts'

/** The application's own `Unleash` instance (unleash-client 6), as far as it is used here. */
export interface UnleashLike {
  isEnabled(name: string, context?: FlagContext, fallback?: boolean): boolean
  isSynchronized(): boolean
  on(event: 'changed' | 'synchronized', listener: () => void): unknown
  off(event: 'changed' | 'synchronized', listener: () => void): unknown
}

/**
 * The flags of the application's own Unleash instance, which stays the application's: to configure, and to destroy
 * (see {@link destroyUnleash}).
 *
 * Answers count from `synchronized` on, when the flags come from the server or from a bootstrap. Unleash itself is `ready`
 * sooner when it finds a backup file, whose flags may have been switched off since it was written; until the server
 * answers they are taken as off.
 *
 * It adds no `error` listener: unleash-client has its own, and prints errors only while it is the only one.
 */
export function unleashFlags(unleash: UnleashLike): Flags {
  return Object.freeze<Flags>({
    isEnabled(name, context = {}) {
      try {
        return unleash.isSynchronized() && unleash.isEnabled(name, context, false)
      } catch {
        // Strategies and listeners are the application's code too, and flags are asked in the middle of its work.
        return false
      }
    },

    get isReady() {
      return unleash.isSynchronized()
    },

    async ready(signal) {
      if (signal?.aborted) return unleash.isSynchronized()
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const onSynchronized = (): void => resolve(true)
      const onAbort = (): void => resolve(false)
      unleash.on('synchronized', onSynchronized)
      signal?.addEventListener('abort', onAbort)
      // The instance calls itself synchronised a tick before it answers from what it has.
      if (unleash.isSynchronized()) process.nextTick(onSynchronized)
      const ready = await promise
      unleash.off('synchronized', onSynchronized)
      signal?.removeEventListener('abort', onAbort)
      return ready
    },

    onChange(listener) {
      // What a listener threw would pass for a failed fetch of Unleash.
      const changes = new SafeEmitter<{ change: undefined }>()
      changes.on('change', listener)
      const tell = (): void => changes.emit('change', undefined)
      // The first `changed` comes before the instance calls itself synchronised; hence both.
      unleash.on('changed', tell)
      unleash.on('synchronized', tell)
      return () => {
        unleash.off('changed', tell)
        unleash.off('synchronized', tell)
      }
    },
  })
}
