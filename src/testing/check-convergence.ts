import { EJSON } from 'bson'
import fc from 'fast-check'
import { createApplier, type Applied } from '../apply/apply-batch.ts'
import { ledgerOf } from '../apply/ledger.ts'
import { ChangeoverError } from '../core/errors.ts'
import { decodeEvent, encodeEvent } from '../event/bson.ts'
import { createMapper } from '../mapping/map-event.ts'
import type { Migration } from '../mapping/migration.ts'
import { checksumOf } from '../star/canonical.ts'
import type { Relation } from '../star/relation.ts'
import { relationsOf } from '../star/table.ts'
import { tableBuckets } from '../warehouse/checksum.ts'
import { quote } from '../warehouse/dialect.ts'
import { memoryWarehouse } from '../warehouse/memory.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { deliveries, schedule, type Arrival } from './delivery.ts'

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
  /** Replays what a failure printed. */
  readonly seed?: number
  readonly path?: string
}

export const DEFAULT_RUNS = 50
export const DEFAULT_MAX_EVENTS = 40
export const DEFAULT_WRITERS = 4

/**
 * Looks for a history whose outcome depends on how it is delivered: permutes it, repeats events, cuts it into batches, and gives
 * these to several writers at once. The warehouse must come out as the pure merge says that it should, byte for byte. Finds
 * impure handlers, events with one id and two contents, and mistakes in what a mapping relies on.
 *
 * @param events a list of events, of which it takes parts, or an arbitrary of fast-check that makes histories
 * @param warehouse one that has the migration's tables, all of them empty; they are emptied between runs and at the end
 *
 * Rejects with an Error that prints the smallest history it found, and how to replay it; with a ChangeoverError `CONFIG` when the
 * tables are not empty. For any test runner.
 */
export async function checkConvergence<E extends object>(
  migration: Migration,
  events: readonly E[] | fc.Arbitrary<readonly E[]>,
  warehouse: Warehouse,
  options: ConvergenceOptions = {},
): Promise<void> {
  const { runs = DEFAULT_RUNS, maxEvents = DEFAULT_MAX_EVENTS, writers = DEFAULT_WRITERS, seed, path } = options
  const relations = Object.values(migration.tables).flatMap(relationsOf)
  const all = [...relations, ...Object.values(ledgerOf(migration))]
  await refuseFilled(warehouse, all)
  const histories = isArbitrary(events) ? events : partsOf(events, maxEvents)
  const cases = histories
    .filter((history) => history.length > 0)
    .chain((history) => fc.tuple(fc.constant(history), deliveries(history.length, writers)))

  const property = fc.asyncProperty(cases, async ([history, arrivals]) => {
    const bodies = history.map((event) => encodeEvent(event))
    refuseImpure(migration, bodies)
    const expected = memoryWarehouse()
    refuseQuarantined(await createApplier(migration, expected).apply(bodies, 'live'), options)
    await empty(warehouse, all)
    await deliver(migration, warehouse, bodies, arrivals)
    for (const relation of relations) {
      const [is, should] = [await tableBuckets(warehouse, relation), expected.buckets(relation)]
      if (checksumOf(is) !== checksumOf(should)) throw new Error(`the table ${relation.name} depends on the delivery`)
    }
  })
  try {
    const result = await fc.check(property, {
      numRuns: runs,
      ...(seed === undefined ? {} : { seed }),
      ...(path === undefined ? {} : { path }),
    })
    if (result.failed) throw new Error(describe(migration, result))
  } finally {
    await empty(warehouse, all)
  }
}

async function deliver(
  migration: Migration,
  warehouse: Warehouse,
  bodies: readonly Uint8Array[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const work = schedule(arrivals).map(async (batches) => {
    const applier = createApplier(migration, warehouse)
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

function refuseImpure(migration: Migration, bodies: readonly Uint8Array[]): void {
  const mapper = createMapper(migration)
  for (const body of bodies) {
    const [first, second] = [mapper(decodeEvent(body), 'live'), mapper(decodeEvent(body), 'live')]
    if (fc.stringify(plain(first)) === fc.stringify(plain(second))) continue
    throw new Error('a handler is impure: called twice with one event, it gave two results')
  }
}

/** What a mapping gave, without the definitions. */
function plain(mapped: ReturnType<ReturnType<typeof createMapper>>): unknown {
  return mapped.outcome === 'applied' ? mapped.rows.map(({ relation, row }) => [relation.name, row]) : mapped
}

function refuseQuarantined({ quarantined, reasons }: Applied, { allowQuarantine = false }: ConvergenceOptions): void {
  if (quarantined > 0 && !allowQuarantine)
    throw new Error(`${quarantined} events are quarantined: ${reasons.join(' ')}`)
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

function describe<E>(migration: Migration, result: fc.RunDetails<[[readonly E[], readonly Arrival[]]]>): string {
  const [history, arrivals] = result.counterexample?.[0] ?? [[], []]
  const why = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance)
  return [
    `The migration ${migration.name} does not converge: ${why}.`,
    `The smallest history found, after ${result.numShrinks} steps of shrinking:`,
    ...history.map((event, i) => `  ${i}: ${EJSON.stringify(event as object)}`),
    `Delivered, by writer and batch: ${JSON.stringify(schedule(arrivals))}`,
    `Replay it with { seed: ${result.seed}, path: ${JSON.stringify(result.counterexamplePath ?? '')} }`,
  ].join('\n')
}
