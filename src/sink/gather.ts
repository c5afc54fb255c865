import type { QueueReceiver, ReceivedMessage } from '../queue/index.ts'
import type { ResolvedSinkOptions } from './options.ts'

/** The messages of one batch, all under lease. */
export interface GatheredBatch {
  readonly messages: readonly ReceivedMessage[]
  /** When the first of them was received, by `performance.now()`. */
  readonly since: number
}

/** What a batch holds so far. */
export interface GatherState {
  readonly messages: number
  readonly bytes: number
  /** How long the first message has been held, in milliseconds. */
  readonly heldMs: number
  /** Whether the last request returned no message. */
  readonly isDrained: boolean
}

/** What to do next: work on the batch, or ask for more messages. */
export type GatherStep =
  | { readonly kind: 'work' }
  | { readonly kind: 'ask'; readonly max: number; readonly waitSeconds: number }

export type GatherLimits = Pick<
  ResolvedSinkOptions,
  'batchMessages' | 'batchBytes' | 'visibilitySeconds' | 'waitSeconds'
>

const WORK: GatherStep = Object.freeze({ kind: 'work' })

/** How long gathering may hold messages, in milliseconds: a third of their lease; the rest is for the work. */
function gatheringMs({ visibilitySeconds }: Pick<GatherLimits, 'visibilitySeconds'>): number {
  return (visibilitySeconds * 1000) / 3
}

/**
 * Whether a batch asks for more messages. It waits for its first message only, and then takes what the queue has ready, as
 * long as the batch is not full and its leases are young.
 */
export function nextGatherStep(state: GatherState, limits: GatherLimits): GatherStep {
  const { batchMessages, batchBytes, waitSeconds } = limits
  if (state.isDrained) return WORK
  if (state.messages === 0) return { kind: 'ask', max: batchMessages, waitSeconds }
  if (state.messages >= batchMessages || state.bytes >= batchBytes || state.heldMs >= gatheringMs(limits)) return WORK
  return { kind: 'ask', max: batchMessages - state.messages, waitSeconds: 0 }
}

/**
 * Receives the messages of one batch; none when the queue is empty or the signal aborts. Rejects as `receive` does while the
 * batch is empty. An error after that is ignored: the messages that are held are worked on, and the next batch meets it again.
 */
export async function gather(queue: QueueReceiver, limits: GatherLimits, stop: AbortSignal): Promise<GatheredBatch> {
  const { visibilitySeconds } = limits
  // By id: a queue may deliver a message twice, and then the later lease counts.
  const messages = new Map<string, ReceivedMessage>()
  const late = new AbortController()
  const signal = AbortSignal.any([stop, late.signal])
  let timer: NodeJS.Timeout | undefined
  let since = performance.now()
  let bytes = 0
  let isDrained = false
  try {
    for (;;) {
      const heldMs = performance.now() - since
      const step = nextGatherStep({ messages: messages.size, bytes, heldMs, isDrained }, limits)
      if (step.kind === 'work') return { messages: [...messages.values()], since }
      const { max, waitSeconds } = step
      const more = await queue.receive({ max, waitSeconds, visibilitySeconds, signal }).catch((thrown: unknown) => {
        if (messages.size === 0) throw thrown
        return []
      })
      if (messages.size === 0) {
        since = performance.now()
        timer = setTimeout(() => late.abort(), gatheringMs(limits)).unref()
      }
      for (const message of more) {
        messages.set(message.id, message)
        bytes += Buffer.byteLength(message.body)
      }
      isDrained = more.length === 0
    }
  } finally {
    clearTimeout(timer)
  }
}
