/** The part of an `Unleash` instance that is needed to destroy it. */
export interface DestroyableUnleash {
  destroy(): void
}

/**
 * Destroys an Unleash instance, and keeps a fetch that is still running from ending the process when it fails.
 *
 * When it is destroyed, unleash-client (6.12 at least) removes all listeners of its repository, its own `error` listener included. A
 * fetch that fails later, for example because the server stops together with the application, is then an unhandled `error` event. A
 * listener on the instance does not help, because the repository is internal. So this function adds a listener to the repository
 * after `destroy()`. If a later version renames the repository, this is a plain `destroy()`.
 */
export function destroyUnleash(unleash: DestroyableUnleash): void {
  unleash.destroy()
  if ('repository' in unleash && listens(unleash.repository)) unleash.repository.on('error', () => {})
}

function listens(value: unknown): value is { on(event: string, listener: () => void): unknown } {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'
}
