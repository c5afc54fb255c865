import { setImmediate as turn } from 'node:timers/promises'

/** How long work may keep timers and sockets waiting, in milliseconds. */
const TURN_MS = 10

/** For a long loop: lets everything else in the process have its turn from time to time. */
export class Turns {
  #since = performance.now()

  /** Whether this work has had its turn. Cheap enough to be asked for each item. */
  get isOver(): boolean {
    return performance.now() - this.#since >= TURN_MS
  }

  /** Lets the others have theirs. Rejects with the signal's reason once it aborts. */
  async next(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    await turn()
    signal?.throwIfAborted()
    this.#since = performance.now()
  }
}
