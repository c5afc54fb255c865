import type { Engine } from '../../../dev/stack/index.ts'
import { Closers, messageOf, until } from '../../../src/core/index.ts'
import { openCast } from './cast.ts'
import { sumOf, type Counts } from './counts.ts'
import { planKills, type Kill } from './kinds.ts'
import { strike, type Effect } from './strike.ts'
import { messagesOf, Stream } from './stream.ts'
import { verdictOn, type Verdict } from './verdict.ts'
import { openWorld, type Servers } from './world.ts'

export interface CampaignOptions {
  readonly kills: number
  readonly seed: number
  readonly engine: Engine
  readonly servers: Servers
  readonly say?: (line: string) => void
}

/** A kill, what it hit, and how long it took until the process concerned, or its successor, finished another batch. */
export interface Struck {
  readonly kill: Kill
  readonly hit: string
  readonly recoveredMs: number
}

export interface Outcome {
  readonly seed: number
  readonly server: string
  readonly struck: readonly Struck[]
  readonly seconds: number
  /** Events that only the queue carried, that only the migration read, and that came both ways. */
  readonly events: { readonly live: number; readonly history: number; readonly both: number }
  readonly messages: number
  readonly sinks: Counts
  readonly migration: Counts
  /** Runs of the migration that ended, and how many of those had been interrupted. */
  readonly runs: { readonly ended: number; readonly resumed: number }
  /** What went wrong on the way: processes that ended by themselves, moments that never came. */
  readonly faults: readonly string[]
  readonly left: { readonly queue: number; readonly deadLetters: number }
  readonly verdict: Verdict
}

const LIVE_EVENTS = 120
const HISTORY_EVENTS = 240
/** With fewer messages than this the queue gets more. */
const LOW_WATER = 40
/** How long a kill may wait for its moment, and the end for its. */
const PATIENCE_MS = 60_000

/** Whether nothing was lost, nothing is left, and every table is as it should be. */
export function isSound({ faults, left, verdict: { tables, withoutReceipt, quarantined } }: Outcome): boolean {
  const nothingLeft = left.queue + left.deadLetters + withoutReceipt + quarantined === 0
  return faults.length === 0 && nothingLeft && tables.every(({ isEqual }) => isEqual)
}

/**
 * Keeps sinks and a migration at work on real servers, kills them, their connections and their database server, and compares what is
 * in the warehouse in the end with what the pure merge makes of the same events. The seed decides the events, the messages and the
 * kills; the machine decides how they coincide.
 */
export async function runCampaign({ kills, seed, engine, servers, say = () => {} }: CampaignOptions): Promise<Outcome> {
  await using world = await openWorld(engine, servers, say)
  await using opened = new Closers()
  const since = performance.now()
  const faults: string[] = []
  const [live, history] = [new Stream(seed, 'live'), new Stream(seed, 'history')]
  let messages = 0
  let both = 0
  const send = async (bodies: readonly string[]): Promise<void> => {
    const outcomes = await world.queue.send(bodies.map((body, i) => ({ id: String(i), body })))
    if (outcomes.some(({ status }) => status !== 'sent')) throw new Error('The queue did not take all messages.')
    messages += bodies.length
  }
  const addHistory = async (): Promise<void> => {
    const added = history.next(HISTORY_EVENTS)
    await world.collection.insertMany(added.map(({ event }) => event))
    const alsoLive = added.filter((_, i) => i % 2 === 0)
    both += alsoLive.length
    await send(messagesOf(alsoLive, seed, `history/${history.all.length}`))
  }

  const runs = { ended: 0, resumed: 0 }
  let isEnding = false
  const cast = await openCast(world, {
    sinkEnded({ error }) {
      if (error !== undefined) faults.push(`a sink: ${error}`)
      return isEnding ? 'stop' : 'next'
    },
    async migrationEnded({ result, error, isOutageAtStart }) {
      if (isOutageAtStart) return 'again'
      if (error !== undefined) faults.push(`the migration: ${error}`)
      if (result) runs.ended++
      if (result?.resumed) runs.resumed++
      if (result && !isEnding) await addHistory()
      return isEnding ? 'stop' : 'next'
    },
  })
  opened.use(cast)
  await addHistory()
  const feeding = feed()
  async function feed(): Promise<void> {
    while (!isEnding) {
      await send(messagesOf(live.next(LIVE_EVENTS), seed, `live/${live.all.length}`))
      const isLow = async () => isEnding || (await world.queue.approximateDepth()).visible < LOW_WATER
      await until(isLow, { signal: AbortSignal.timeout(PATIENCE_MS), everyMs: 20 })
    }
  }

  const struck: Promise<Struck>[] = []
  for (const [i, kill] of planKills(kills, seed).entries()) {
    try {
      const effect = await strike(kill, world, cast, AbortSignal.timeout(PATIENCE_MS))
      struck.push(recovery(kill, effect))
      say(`${i + 1} of ${kills}: ${kill.kind}, ${effect.slot.name}, ${effect.hit}`)
    } catch (thrown) {
      faults.push(`kill ${i + 1}, ${JSON.stringify(kill)}: ${messageOf(thrown)}`)
    }
  }
  const recovered = await Promise.all(struck)
  isEnding = true
  await feeding
  await cast.migration.isStopped
  const depth = async (): Promise<number> => {
    const { visible, inFlight } = await world.queue.approximateDepth()
    return visible + inFlight
  }
  await until(async () => (await depth()) === 0, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => {})
  for (const sink of cast.sinks) sink.stop()
  await Promise.all(cast.sinks.map(({ isStopped }) => isStopped))
  const dead = await world.deadLetters.approximateDepth()
  return {
    seed,
    server: world.database.found,
    struck: recovered,
    seconds: (performance.now() - since) / 1000,
    events: { live: live.all.length, history: history.all.length - both, both },
    messages,
    sinks: sumOf(cast.sinks.map(({ counts }) => counts)),
    migration: cast.migration.counts,
    runs,
    faults,
    left: { queue: await depth(), deadLetters: dead.visible + dead.inFlight },
    verdict: await verdictOn(world.warehouse, [...live.all, ...history.all]),
  }
}

async function recovery(kill: Kill, { hit, slot, since }: Effect): Promise<Struck> {
  const { finished } = slot
  const signal = AbortSignal.timeout(PATIENCE_MS)
  await until(() => slot.finished > finished, { signal, everyMs: 5 })
  return { kill, hit, recoveredMs: performance.now() - since }
}
