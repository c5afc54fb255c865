// A type, not an interface: only so does it fit the contexts of flag SDKs, which take any further field.
/** Whom a flag is asked for: what a gradual rollout decides by. */
export type FlagContext = {
  readonly userId?: string
  readonly sessionId?: string
  readonly properties?: Readonly<Record<string, string>>
}

/** Feature flags, by name. */
export interface Flags {
  /**
   * Whether the flag is on. Cheap enough to ask for every event.
   *
   * Never throws: before {@link Flags.isReady}, for an unknown name, and in trouble, the answer is false.
   */
  isEnabled(name: string, context?: FlagContext): boolean
  /** Resolves to true when answers can be trusted, or to false when the signal aborts first. Never rejects. */
  ready(signal?: AbortSignal): Promise<boolean>
  /** Whether answers can be trusted: the flags are known, not assumed. */
  readonly isReady: boolean
  /**
   * Calls the listener when any flag may have changed; the returned function ends that. What the listener throws is dropped.
   * Absent when the flags can only be polled.
   */
  onChange?(listener: () => void): () => void
}
