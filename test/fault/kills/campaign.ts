import type { Engine } from '../../../dev/stack/index.ts'
import { messageOf, until } from '../../../src/core/index.ts'
import { openCast, type Cast } from './cast.ts'
import { sumOf, type Counts } from './counts.ts'
import { Feed } from './feed.ts'
import { planKills, type Kill } from './kinds.ts'
import { strike, type Effect } from './strike.ts'
import { verdictOn, type Verdict } from './verdict.ts'
import { openWorld, type Servers, type World } from './world.ts'

export interface CampaignOptions {
  readonly kills: number
  readonly seed: number
  readonly engine: Engine
  readonly servers: Servers
  /** @defaultValue silent */
  readonly say?: (line: string) => void
}

/** A kill, what it hit, and how long it took until the process concerned, or its successor, finished another batch. */
export interface Struck {
  readonly kill: Kill
  readonly hit: string
  readonly recoveredMs: number
}

/** Runs of the migration that ended, and how many of those had been interrupted. */
export interface Runs {
  readonly ended: number
  readonly resumed: number
}

export interface Outcome {
  readonly seed: number
  readonly server: string
  readonly struck: readonly Struck[]
  readonly seconds: number
  readonly events: Feed['counts']
  readonly messages: number
  readonly sinks: Counts
  readonly migration: Counts
  readonly runs: Runs
  /** What went wrong on the way: processes that ended by themselves, moments that never came, work that did not go on. */
  readonly faults: readonly string[]
  readonly left: { readonly queue: number; readonly deadLetters: number }
  readonly verdict: Verdict
}

/** How long a kill may wait for its moment, its effect may last, and the end may take, in milliseconds. */
const PATIENCE_MS = 120_000

/**
 * Whether nothing was lost, nothing is left, and every table is as it should be. A late event is a loss that the migration made good at
 * its end: events are inserted between its runs only, so a checkpoint that ran ahead of the work is all that makes one late.
 */
export function isSound({ faults, left, migration, verdict }: Outcome): boolean {
  const { tables, withoutReceipt, quarantined } = verdict
  const nothingLeft = left.queue + left.deadLetters + withoutReceipt + quarantined + (migration['late'] ?? 0) === 0
  return faults.length === 0 && nothingLeft && tables.every(({ isEqual }) => isEqual)
}

/**
 * Keeps sinks and a migration at work on real servers, kills them, their connections and their database server, and compares what is
 * in the warehouse in the end with what the pure merge makes of the same events. The seed decides the events, the messages and the
 * kills; the machine decides how they coincide.
 */
export async function runCampaign({ kills, seed, engine, servers, say = () => {} }: CampaignOptions): Promise<Outcome> {
  await using world = await openWorld(engine, servers, say)
  // Awaited, because the world ends with this function.
  return await new Campaign(world, seed, say).run(planKills(kills, seed))
}

class Campaign {
  readonly #world: World
  readonly #seed: number
  readonly #say: (line: string) => void
  readonly #feed: Feed
  readonly #ending = new AbortController()
  readonly #faults: string[] = []
  readonly #runs = { ended: 0, resumed: 0 }

  constructor(world: World, seed: number, say: (line: string) => void) {
    this.#world = world
    this.#seed = seed
    this.#say = say
    this.#feed = new Feed(world, seed)
  }

  async run(kills: readonly Kill[]): Promise<Outcome> {
    const since = performance.now()
    await this.#feed.addHistory()
    await using cast = await this.#openCast()
    const feeding = this.#noting('the feed', this.#feed.run(this.#ending.signal, PATIENCE_MS))
    const struck = await this.#strikeAll(kills, cast)
    this.#ending.abort()
    await feeding
    await this.#finish(cast)
    const seconds = (performance.now() - since) / 1000
    return {
      seed: this.#seed,
      server: this.#world.database.found,
      struck,
      seconds,
      events: this.#feed.counts,
      messages: this.#feed.messages,
      sinks: sumOf(cast.sinks.map(({ counts }) => counts)),
      migration: cast.migration.counts,
      runs: this.#runs,
      left: { queue: await this.#depth('queue'), deadLetters: await this.#depth('deadLetters') },
      verdict: await verdictOn(this.#world.warehouse, this.#feed.events),
      faults: this.#faults,
    }
  }

  #openCast(): Promise<Cast> {
    const next = () => (this.#ending.signal.aborted ? 'stop' : 'next')
    return openCast(this.#world, {
      sinkEnded: ({ error }) => {
        if (error !== undefined) this.#fault(`a sink: ${error}`)
        return next()
      },
      migrationEnded: async ({ result, error, isOutageAtStart }) => {
        if (isOutageAtStart) return 'again'
        if (error !== undefined) this.#fault(`the migration: ${error}`)
        if (!result) return next()
        this.#runs.ended++
        if (result.resumed) this.#runs.resumed++
        if (next() === 'next') await this.#noting('more history', this.#feed.addHistory())
        return next()
      },
    })
  }

  /** One after the other, each in its moment, without waiting until what it did is repaired. */
  async #strikeAll(kills: readonly Kill[], cast: Cast): Promise<Struck[]> {
    const recoveries: Promise<Struck | undefined>[] = []
    for (const [i, kill] of kills.entries()) {
      const what = `kill ${i + 1}, ${JSON.stringify(kill)}`
      const effect = await this.#noting(what, strike(kill, this.#world, cast, AbortSignal.timeout(PATIENCE_MS)))
      if (!effect) continue
      recoveries.push(this.#noting(what, recovery(kill, effect)))
      this.#say(`${i + 1} of ${kills.length}: ${kill.kind}, ${effect.slot.name}, ${effect.hit}`)
    }
    return (await Promise.all(recoveries)).filter((struck) => struck !== undefined)
  }

  /** Lets the migration and the sinks finish what there is. */
  async #finish({ sinks, migration }: Cast): Promise<void> {
    const signal = AbortSignal.timeout(2 * PATIENCE_MS)
    await this.#noting(
      'the last run',
      until(() => migration.isStopped, { signal }),
    )
    await this.#noting(
      'the rest of the queue',
      until(async () => (await this.#depth('queue')) === 0, { signal }),
    )
    for (const sink of sinks) sink.stop()
    await this.#noting(
      'the end of the sinks',
      until(() => sinks.every(({ isStopped }) => isStopped), { signal }),
    )
  }

  async #depth(of: 'queue' | 'deadLetters'): Promise<number> {
    const { visible, inFlight } = await this.#world[of].approximateDepth()
    return visible + inFlight
  }

  #fault(fault: string): void {
    this.#faults.push(fault)
    this.#say(`FAULT: ${fault}`)
  }

  /** The result of some work; a fault when it fails. */
  async #noting<T>(what: string, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (thrown) {
      this.#fault(`${what}: ${messageOf(thrown)}`)
      return undefined
    }
  }
}

async function recovery(kill: Kill, { hit, slot, since }: Effect): Promise<Struck> {
  const { finished } = slot
  await until(() => slot.finished > finished, { signal: AbortSignal.timeout(PATIENCE_MS), everyMs: 5 })
  return { kill, hit, recoveredMs: performance.now() - since }
}
