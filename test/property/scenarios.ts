import { EJSON } from 'bson'
import fc from 'fast-check'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import type { Migration } from '../../src/mapping/migration.ts'
import type { Origin } from '../../src/star/rows/operation.ts'
import type { MergePort } from '../../src/warehouse/index.ts'
import { histories } from './histories.ts'
import { compile } from '../../src/mapping/index.ts'

export const MAX_APPLIERS = 8

/** The delivery of one event to one applier, in one of its batches. */
export interface Delivery {
  readonly event: number
  readonly applier: number
  readonly endsBatch: boolean
  readonly origin: Origin
}

export interface Scenario {
  readonly history: Record<string, unknown>[]
  readonly deliveries: Delivery[]
}

/** A history and a delivery: every event at least once, in any order, to 1 to {@link MAX_APPLIERS} appliers. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .tuple(histories, fc.integer({ min: 1, max: MAX_APPLIERS }))
  .chain(([history, appliers]) => {
    const delivery = (of: fc.Arbitrary<number>): fc.Arbitrary<Delivery> =>
      fc.record({
        event: of,
        applier: fc.nat(appliers - 1),
        endsBatch: fc.boolean(),
        origin: fc.constantFrom<Origin>('live', 'migrated', 'repaired'),
      })
    const once = fc.tuple(...history.map((_, i) => delivery(fc.constant(i))))
    const again = fc.array(delivery(fc.nat(history.length - 1)), { maxLength: history.length })
    const deliveries = fc
      .tuple(once, again)
      .chain(([all, more]) => fc.shuffledSubarray([...all, ...more], { minLength: all.length + more.length }))
    return fc.record({ history: fc.constant(history), deliveries })
  })

export function batchesOf(deliveries: readonly Delivery[]): Delivery[][] {
  const batches: Delivery[][] = [[]]
  for (const delivery of deliveries) {
    batches.at(-1)!.push(delivery)
    if (delivery.endsBatch) batches.push([])
  }
  return batches.filter((batch) => batch.length > 0)
}

/** Delivers a scenario with one applier per target, all of them concurrently. */
export async function deliver(
  migration: Migration,
  targets: readonly MergePort[],
  { history, deliveries }: Scenario,
  now?: () => Date,
): Promise<void> {
  const bodies = history.map((event) => encodeEvent(event))
  await Promise.all(
    targets.map(async (target, number) => {
      const applier = createApplier(compile(migration), target, now)
      for (const batch of batchesOf(deliveries.filter(({ applier: of }) => of === number))) {
        await applier.apply(
          batch.map(({ event }) => bodies[event]!),
          batch[0]!.origin,
        )
      }
    }),
  )
}

/** The history in readable form, printed with the seed and path that replay it. */
export function reportReadably(details: fc.RunDetails<[Scenario]>): void {
  if (!details.failed) return
  const [scenario] = details.counterexample ?? []
  const lines = (scenario?.history ?? []).map((event, i) => `  ${i}: ${EJSON.stringify(event)}`)
  const order = batchesOf(scenario?.deliveries ?? []).map((batch) =>
    batch.map(({ event, applier }) => `${event}@${applier}`).join(' '),
  )
  throw new Error(
    [
      `seed ${details.seed}, path ${details.counterexamplePath}, after ${details.numShrinks} shrinks`,
      ...lines,
      order.join(' | '),
    ].join('\n'),
    { cause: details.errorInstance },
  )
}
