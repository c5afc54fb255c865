/** An `Unleash` instance, as far as it is needed to end it. */
export interface DestroyableUnleash {
  destroy(): void
}

/**
 * Destroys an Unleash instance so that a fetch which is under way, and fails, does not end the process with it.
 *
 * unleash-client (6.12 at least) takes all listeners off its repository when it is destroyed, its own `error` listener
 * included; a fetch that fails after that, as when the server goes down with the application, is an unhandled `error`
 * event. A listener on the instance does not help: the repository is inside. So it gets a listener here, after the
 * fact. Were the repository to be called otherwise one day, this is a plain `destroy()`.
 */
export function destroyUnleash(unleash: DestroyableUnleash): void {
  unleash.destroy()
  if ('repository' in unleash && listens(unleash.repository)) unleash.repository.on('error', () => {})
}

function listens(value: unknown): value is { on(event: string, listener: () => void): unknown } {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'
}
