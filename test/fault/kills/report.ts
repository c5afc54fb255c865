import { isSound, type Outcome, type Struck } from './campaign.ts'
import { MAX_RECEIVE_COUNT } from './world.ts'
import { KINDS, type Kind } from './kinds.ts'

/** The outcome of a campaign, for people. */
export function reportOf(outcome: Outcome): string {
  const { seed, server, struck, seconds, events, messages, sinks, migration, runs, faults, left, verdict } = outcome
  const of = (counts: Readonly<Record<string, number>>, name: string): number => counts[name] ?? 0
  const all = events.live + events.history + events.both
  const lines = [
    `Seed ${seed}, ${server}: ${struck.length} kills in ${seconds.toFixed(0)} s.`,
    '',
    'kills  back at work after (median, most)',
    ...Object.keys(KINDS).map((kind) => lineOf(kind as Kind, struck)),
    '',
    `${all} events: ${events.live} only by the queue, ${events.history} only by the migration, ${events.both} by both.`,
    `${messages} messages; ${of(sinks, 'redelivered')} deliveries repeated one, and the message that came most often came ${of(sinks, 'mostReceived')} times (the dead-letter queue takes it after ${MAX_RECEIVE_COUNT}).`,
    `Sinks: ${of(sinks, 'leasesLost')} leases lost, ${of(sinks, 'retries')} statements tried again, ${of(sinks, 'lockConflicts')} because of locks.`,
    `Migration: ${runs.ended} runs, ${runs.resumed} of them resumed; ${of(migration, 'late')} late events, ${of(migration, 'retries')} statements tried again.`,
    '',
    ...verdict.tables.map(
      ({ table, checksum, isEqual }) => `${table}: ${checksum}, ${isEqual ? 'equal' : 'DIFFERENT'}`,
    ),
    `${verdict.withoutReceipt} events without a receipt, ${verdict.quarantined} quarantined, ${left.queue} messages left, ${left.deadLetters} in the dead-letter queue.`,
    ...faults.map((fault) => `FAULT: ${fault}`),
    isSound(outcome) ? 'SOUND: every table equals the expected one.' : `NOT SOUND. Replay it with the seed ${seed}.`,
  ]
  return lines.join('\n')
}

function lineOf(kind: Kind, struck: readonly Struck[]): string {
  const those = struck.filter(({ kill }) => kill.kind === kind)
  const ms = those.map(({ recoveredMs }) => recoveredMs).toSorted((a, b) => a - b)
  const hits = Map.groupBy(those, ({ hit }) => hit)
  const during = [...hits].map(([hit, some]) => `${hit} ${some.length}`).join(', ')
  const took = `${inSeconds(ms[Math.floor(ms.length / 2)])}, ${inSeconds(ms.at(-1))}`
  return `${String(those.length).padStart(5)}  ${KINDS[kind]}: ${took}; ${during}`
}

function inSeconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`
}
