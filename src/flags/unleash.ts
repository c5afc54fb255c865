import { SafeEmitter } from '../core/index.ts'
import type { FlagContext, Flags } from './port.ts'

/** The part of the application's own `Unleash` instance (unleash-client 6) that is used here. */
export interface UnleashLike {
  isEnabled(name: string, context?: FlagContext, fallback?: boolean): boolean
  isSynchronized(): boolean
  on(event: 'changed' | 'synchronized', listener: () => void): unknown
  off(event: 'changed' | 'synchronized', listener: () => void): unknown
}

/**
 * The flags of the application's own Unleash instance. The application configures it and destroys it (see {@link destroyUnleash}).
 *
 * All flags are off until the instance is `synchronized`: until they come from the server or from a bootstrap. Unleash itself is
 * `ready` sooner when it finds a backup file, but a flag in it may have been switched off since.
 *
 * This adds no `error` listener: unleash-client prints errors only as long as its own listener is the only one.
 *
 * @example
 * import { unleashFlags } from 'changeover/flags'
 * import { initialize } from 'unleash-client'
 *
 * const unleash = initialize({ url: 'https://unleash.example/api', appName: 'shop' })
 * export const flags = unleashFlags(unleash)
 */
export function unleashFlags(unleash: UnleashLike): Flags {
  return Object.freeze<Flags>({
    isEnabled(name, context = {}) {
      try {
        return unleash.isSynchronized() && unleash.isEnabled(name, context, false)
      } catch {
        // Strategies and listeners are the application's code and may throw, and its work must not fail for a flag.
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
      // The instance reports that it is synchronized one tick before its answers are.
      if (unleash.isSynchronized()) process.nextTick(onSynchronized)
      const ready = await promise
      unleash.off('synchronized', onSynchronized)
      signal?.removeEventListener('abort', onAbort)
      return ready
    },

    onChange(listener) {
      // Unleash would report what a listener throws as a failed fetch.
      const changes = new SafeEmitter<{ change: undefined }>()
      changes.on('change', listener)
      const notify = (): void => changes.emit('change', undefined)
      // Both, because the first `changed` comes before the instance reports that it is synchronized.
      unleash.on('changed', notify)
      unleash.on('synchronized', notify)
      return () => {
        unleash.off('changed', notify)
        unleash.off('synchronized', notify)
      }
    },
  })
}
