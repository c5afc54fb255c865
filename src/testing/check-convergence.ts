import { EJSON } from 'bson'
import fc from 'fast-check'
import { createApplier } from '../apply/index.ts'
import { ledgerOf } from '../ledger/index.ts'
import { ChangeoverError, messageOf } from '../core/index.ts'
import { encodeEvent } from '../event/index.ts'
import type { Migration } from '../mapping/index.ts'
import { checksumOf, type Relation, relationsOf } from '../star/index.ts'
import { tableBuckets, quote, type Warehouse } from '../warehouse/index.ts'
import { eventsAndTwins, mapped } from './mapped.ts'
import { deliveries, schedule, type Arrival } from './delivery.ts'
import { compile } from '../mapping/index.ts'

export interface ConvergenceOptions {
  /**
   * How many histories are tried.
   *
   * @defaultValue 50
   */
  readonly runs?: number
  /**
   * How many events a history has at most, where events are given as a list.
   *
   * @defaultValue 40
   */
  readonly maxEvents?: number
  /**
   * How many writers work at once, at most.
   *
   * @defaultValue 4
   */
  readonly writers?: number
  /**
   * Whether events may end in the quarantine.
   *
   * @defaultValue false
   */
  readonly allowQuarantine?: boolean
  /**
   * Replays what a failure printed, with the other options as they were. What only a race between writers brings out may need a
   * few tries, and is not shrunk as far.
   */
  readonly seed?: number
  readonly path?: string
}

export const DEFAULT_RUNS = 50
export const DEFAULT_MAX_EVENTS = 40
export const DEFAULT_WRITERS = 4

/**
 * Looks for a history whose outcome depends on how it is delivered: permutes it, repeats events, cuts it into batches, and gives
 * these to several writers at once. The warehouse must come out as the pure merge says that it should, byte for byte. Finds
 * handlers that are impure, events with one _id and two contents, and events that no handler can map.
 *
 * @param events a list of events, of which it takes parts, or an arbitrary of fast-check that makes histories
 * @param warehouse one that has the migration's tables, all of them empty; they are emptied between runs and at the end
 *
 * Rejects with an Error that prints the smallest history it found, and how to replay it; with a ChangeoverError `CONFIG` when the
 * tables are not empty, and with the warehouse's own when it fails. For any test runner.
 */
export async function checkConvergence<E extends object>(
  migration: Migration,
  events: readonly E[] | fc.Arbitrary<readonly E[]>,
  warehouse: Warehouse,
  options: ConvergenceOptions = {},
): Promise<void> {
  const { runs, maxEvents, writers, allowQuarantine, replay } = resolved(options)
  const tables = Object.values(migration.tables).flatMap(relationsOf)
  const all = [...tables, ...Object.values(ledgerOf(migration))]
  await refuseFilled(warehouse, all)

  // Parts of a list may leave out any one event for long, so each is looked at once, by itself and beside a twin.
  for (const history of isArbitrary(events) ? [] : eventsAndTwins(events)) {
    const bodies = history.map((event) => encodeEvent(event))
    await mapped(migration, bodies, allowQuarantine).catch((thrown: unknown) => {
      throw new Error(describe(migration, thrown, history).join('\n'), { cause: thrown })
    })
  }
  const histories = isArbitrary(events) ? events : partsOf(events, maxEvents)
  const cases = histories
    .filter((history) => history.length > 0)
    .chain((history) => fc.tuple(fc.constant(history), deliveries(history.length, writers)))

  // What the warehouse fails at says nothing about the mapping, and is no reason to look for a smaller history.
  let outage: unknown
  const property = fc.asyncProperty(cases, async ([history, arrivals]) => {
    if (outage !== undefined) return
    const bodies = history.map((event) => encodeEvent(event))
    const expected = await mapped(migration, bodies, allowQuarantine)
    try {
      await empty(warehouse, all)
      await deliver(migration, warehouse, bodies, arrivals)
    } catch (thrown) {
      outage = thrown
      return
    }
    for (const table of tables) {
      const [is, should] = [await tableBuckets(warehouse, table), expected.buckets(table)]
      if (checksumOf(is) !== checksumOf(should)) throw new Error(`the table ${table.name} depends on the delivery`)
    }
  })
  try {
    const result = await fc.check(property, { numRuns: runs, ...replay })
    if (outage !== undefined) throw outage
    if (result.failed) throw new Error(report(migration, result))
  } finally {
    if (outage === undefined) await empty(warehouse, all)
  }
}

function resolved(options: ConvergenceOptions): {
  readonly runs: number
  readonly maxEvents: number
  readonly writers: number
  readonly allowQuarantine: boolean
  readonly replay: { readonly seed?: number; readonly path?: string }
} {
  const { runs = DEFAULT_RUNS, maxEvents = DEFAULT_MAX_EVENTS, writers = DEFAULT_WRITERS, seed, path } = options
  for (const [name, value] of Object.entries({ runs, maxEvents, writers })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new ChangeoverError('CONFIG', `The option ${name} of checkConvergence is ${value}.`, {
      remedy: 'Use a whole number from 1.',
    })
  }
  const replay = { ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) }
  return { runs, maxEvents, writers, allowQuarantine: options.allowQuarantine ?? false, replay }
}

async function deliver(
  migration: Migration,
  warehouse: Warehouse,
  bodies: readonly Uint8Array[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const work = schedule(arrivals).map(async (batches) => {
    const applier = createApplier(compile(migration), warehouse)
    for (const batch of batches)
      await applier.apply(
        batch.map((event) => bodies[event]!),
        'live',
      )
  })
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function isArbitrary<E>(events: readonly E[] | fc.Arbitrary<readonly E[]>): events is fc.Arbitrary<readonly E[]> {
  return !Array.isArray(events)
}

// Neighbours in a stream tend to be about the same thing, so a part is a run of them, with some left out.
function partsOf<E>(events: readonly E[], most: number): fc.Arbitrary<readonly E[]> {
  if (events.length === 0) throw new ChangeoverError('CONFIG', 'There are no events to check.')
  return fc
    .tuple(fc.nat(events.length - 1), fc.integer({ min: 1, max: most }))
    .chain(([from, count]) => fc.subarray(events.slice(from, from + count), { minLength: 1 }))
}

async function refuseFilled(warehouse: Warehouse, relations: readonly Relation[]): Promise<void> {
  for (const { name } of relations) {
    const rows = await warehouse.select(`SELECT 1 FROM ${quote(name)} LIMIT 1`)
    if (rows.length === 0) continue
    throw new ChangeoverError(
      'CONFIG',
      `The table ${name} at ${warehouse.address} is not empty, and the check would empty it.`,
      {
        remedy: 'Use a database of its own for tests.',
      },
    )
  }
}

async function empty(warehouse: Warehouse, relations: readonly Relation[]): Promise<void> {
  for (const { name } of relations) await warehouse.define(`DELETE FROM ${quote(name)}`)
}

function report<E>(migration: Migration, result: fc.RunDetails<[[readonly E[], readonly Arrival[]]]>): string {
  const [[history, arrivals] = [[], []]] = result.counterexample ?? []
  return [
    ...describe(migration, result.errorInstance, history),
    `Delivered, by writer and batch: ${JSON.stringify(schedule(arrivals))}`,
    `Replay it with { seed: ${result.seed}, path: ${JSON.stringify(result.counterexamplePath ?? '')} }`,
  ].join('\n')
}

function describe(migration: Migration, thrown: unknown, history: readonly unknown[]): string[] {
  return [
    `The migration ${migration.name} does not converge: ${messageOf(thrown, 2000)}.`,
    `The smallest history that was found:`,
    ...history.map((event, i) => `  ${i}: ${EJSON.stringify(event as object)}`),
  ]
}
