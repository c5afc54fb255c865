import { createHash } from 'node:crypto'
import { ObjectId } from 'bson'
import fc from 'fast-check'
import { encodeEvent } from '../../../src/event/codec.ts'
import { encodeMessage } from '../../../src/event/message.ts'
import { definitionOf, senderOf } from '../../../src/mapping/index.ts'
import { steps, type StepEvent, type StepType } from './migration.ts'

/** An event, and the bytes that travel. */
export interface Stored {
  readonly event: StepEvent
  readonly bytes: Uint8Array
}

const TYPES: readonly StepType[] = ['joined', 'changed', 'changed', 'moved', 'moved', 'left', 'noted', 'noted']

const drawn = fc.record({
  type: fc.constantFrom(...TYPES),
  user: fc.integer({ min: 0, max: 39 }).map((n) => `u${n}`),
  name: fc.option(fc.constantFrom('a', 'A', 'a ', 'á', '😀', "'); --"), { nil: null }),
  size: fc.integer({ min: -1000, max: 1000 }),
  isOpen: fc.boolean(),
  back: fc.integer({ min: 1, max: 50 }),
  late: fc.integer({ min: 0, max: 5 }),
})

/** An endless stream of events, the same for the same seed and name. Ids are in no order; a few positions are used twice. */
export class Stream {
  readonly all: Stored[] = []
  readonly #name: string

  constructor(seed: number, name: string) {
    this.#name = `${seed}/${name}`
  }

  /** The next events. */
  next(count: number): Stored[] {
    const from = this.all.length
    const some = fc.sample(drawn, { seed: numberOf(`${this.#name}/${from}`), numRuns: count })
    const added = some.map(({ back, late, ...fields }, i) => {
      const n = from + i
      const about = this.#id(Math.max(0, n - back))
      const at = new Date(Date.UTC(2024, 0, 1) + n * 60_000)
      const event: StepEvent = { _id: this.#id(n), seq: Math.max(0, n - late), at, about, ...fields }
      return { event, bytes: encodeEvent(event) }
    })
    this.all.push(...added)
    return added
  }

  #id(n: number): ObjectId {
    return new ObjectId(createHash('sha256').update(`${this.#name}/${n}`).digest().subarray(0, 12))
  }
}

/** These events in messages of 1 to 4, in any order, one event in four twice. */
export function messagesOf(events: readonly Stored[], seed: number, name: string): string[] {
  const seeded = { seed: numberOf(`${seed}/${name}`), numRuns: 1 }
  const again = events.filter((_, i) => i % 4 === 0)
  const all = [...events, ...again].map(({ bytes }) => bytes)
  const order = fc.shuffledSubarray(all, { minLength: all.length })
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: all.length, maxLength: all.length })
  const [[shuffled, lengths] = [[], []]] = fc.sample(fc.tuple(order, sizes), seeded)
  const messages: string[] = []
  for (let at = 0; at < shuffled.length; at += lengths[messages.length - 1]!) {
    messages.push(encodeMessage(senderOf(definitionOf(steps)), shuffled.slice(at, at + lengths[messages.length]!)))
  }
  return messages
}

/** A seed from a text. */
export function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE()
}
