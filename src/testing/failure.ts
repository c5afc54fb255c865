import { EJSON } from 'bson'
import { messageOf } from '../core/index.ts'
import { schedule, type Arrival } from './delivery.ts'
import type { RunDetails } from './fast-check.ts'

/** The failure of a history before it was delivered. */
export function historyFailure(migration: string, thrown: unknown, history: readonly unknown[]): Error {
  return new Error(describe(migration, thrown, history).join('\n'), { cause: thrown })
}

/** The failure that fast-check found and shrank: the history, how it was delivered, and how to replay it. */
export function deliveryFailure<E>(migration: string, result: RunDetails<[[readonly E[], readonly Arrival[]]]>): Error {
  const [[history, arrivals] = [[], []]] = result.counterexample ?? []
  const lines = [
    ...describe(migration, result.errorInstance, history),
    `Delivered, by writer and batch: ${JSON.stringify(schedule(arrivals))}`,
    `Replay it with { seed: ${result.seed}, path: ${JSON.stringify(result.counterexamplePath ?? '')} }`,
  ]
  return new Error(lines.join('\n'))
}

function describe(migration: string, thrown: unknown, history: readonly unknown[]): string[] {
  return [
    `The migration ${migration} does not converge: ${messageOf(thrown, 2000)}.`,
    'The smallest history that was found:',
    ...history.map((event, i) => `  ${i}: ${EJSON.stringify(event as object)}`),
  ]
}
