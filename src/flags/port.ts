// A type, not an interface: the contexts of flag SDKs have an index signature, which an interface does not fit.
/** Who or what a flag is evaluated for. A gradual rollout decides by it. */
export type FlagContext = {
  readonly userId?: string
  readonly sessionId?: string
  readonly properties?: Readonly<Record<string, string>>
}

/**
 * Feature flags, by name. An adapter of another flag service implements this.
 *
 * `isEnabled` and `isReady` may be called at any time, also before `ready()`, and for every event.
 */
export interface Flags {
  /**
   * Whether the flag is on. Must be cheap enough to call for every event, and must never throw: it returns false before
   * {@link Flags.isReady}, for an unknown name, and when the service fails.
   */
  isEnabled(name: string, context?: FlagContext): boolean
  /** Resolves to true when the flags are known, or to false when the signal aborts first. Never rejects. */
  ready(signal?: AbortSignal): Promise<boolean>
  /** Whether the flags are known, so that answers can be trusted. */
  readonly isReady: boolean
  /**
   * Calls the listener whenever a flag may have changed, until the returned function is called. What the listener throws is
   * dropped. Leave it out when the flags can only be polled.
   */
  onChange?(listener: () => void): () => void
}
