import { until } from '../../../src/core/index.ts'
import { messagesOf, Stream, type Stored } from './stream.ts'
import type { World } from './world.ts'

const LIVE_EVENTS = 120
const HISTORY_EVENTS = 320
/** With fewer messages than this the queue gets more. */
const LOW_WATER = 40

/** Where the events of a campaign come from: some only by the queue, some only from the collection, some both ways. */
export class Feed {
  messages = 0
  readonly #world: World
  readonly #seed: number
  readonly #live: Stream
  readonly #history: Stream
  #both = 0

  constructor(world: World, seed: number) {
    this.#world = world
    this.#seed = seed
    this.#live = new Stream(seed, 'live')
    this.#history = new Stream(seed, 'history')
  }

  /** All events so far. */
  get events(): readonly Stored[] {
    return [...this.#live.all, ...this.#history.all]
  }

  /** How many events came which way. */
  get counts(): { readonly live: number; readonly history: number; readonly both: number } {
    return { live: this.#live.all.length, history: this.#history.all.length - this.#both, both: this.#both }
  }

  /** Inserts events for the migration, and sends every second one to the queue too. */
  async addHistory(): Promise<void> {
    const added = this.#history.next(HISTORY_EVENTS)
    await this.#world.collection.insertMany(added.map(({ event }) => event))
    const alsoLive = added.filter((_, i) => i % 2 === 0)
    this.#both += alsoLive.length
    await this.#send(messagesOf(alsoLive, this.#seed, `history/${this.#history.all.length}`))
  }

  /** Keeps work in the queue until `stop` aborts. Rejects when the sinks take none for so long. */
  async run(stop: AbortSignal, patienceMs: number): Promise<void> {
    const isLow = async () => stop.aborted || (await this.#world.queue.approximateDepth()).visible < LOW_WATER
    while (!stop.aborted) {
      const added = this.#live.next(LIVE_EVENTS)
      await this.#send(messagesOf(added, this.#seed, `live/${this.#live.all.length}`))
      await until(isLow, { signal: AbortSignal.timeout(patienceMs), everyMs: 20 })
    }
  }

  async #send(bodies: readonly string[]): Promise<void> {
    const outcomes = await this.#world.queue.send(bodies.map((body, i) => ({ id: String(i), body })))
    if (outcomes.some(({ status }) => status !== 'sent')) throw new Error('The queue did not take all messages.')
    this.messages += bodies.length
  }
}
