import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { storedBytes } from '../../src/observer/stored-document.ts'
import type { Capture, LossReason } from '../../src/observer/tap.ts'

/** What a tap has told. */
export interface Recorder extends Capture {
  /** The documents that were captured, serialised again. */
  readonly bytes: Uint8Array[]
  /** The bytes that came with them. */
  readonly stored: (Uint8Array | undefined)[]
  readonly windows: { from: Date | undefined; to: Date | undefined; reason: LossReason }[]
  readonly failures: unknown[]
  /** What is committed and not settled, in the order of the commits. */
  readonly held: (() => void)[]
  /** Whether commits are to be held from now on. */
  hold: boolean
  setFull(isFull: boolean): void
  /** The `_id`s of what was captured, as text. */
  ids(): string[]
}

export function recorder(): Recorder {
  let [isFull, emptied] = [false, () => {}]
  const self: Recorder = {
    bytes: [],
    stored: [],
    windows: [],
    failures: [],
    held: [],
    hold: false,
    take(document) {
      const { at, type } = document as { at?: unknown; type?: unknown }
      if (type === 'blinked') return undefined
      self.stored.push(storedBytes(document))
      return { bytes: encodeEvent(document), time: at instanceof Date ? at : undefined }
    },
    commit(events, settled = () => {}) {
      self.bytes.push(...events.map(({ bytes }) => bytes))
      if (self.hold) self.held.push(settled)
      else settled()
    },
    lose() {},
    missedBetween: (from, to, reason) => void self.windows.push({ from, to, reason }),
    get isFull() {
      return isFull
    },
    async whenRoom(signal) {
      await new Promise<void>((resolve) => {
        emptied = resolve
        signal.addEventListener('abort', () => resolve())
      })
    },
    fail: (thrown) => void self.failures.push(thrown),
    setFull(full) {
      isFull = full
      if (!full) emptied()
    },
    ids: () => self.bytes.map((event) => String(decodeEvent(event)['_id'])),
  }
  return self
}
