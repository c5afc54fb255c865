import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { decodeEvent, encodeEvent } from '../../src/event/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { generationFor } from '../../src/sink/working.ts'
import { applyAll, type Applied } from './applied-definitions.ts'
import { events, sequences } from './changing.ts'
import { migrationOf } from './changing-migration.ts'
import { WideMemory } from './wide-memory.ts'

/** One delivery: which event, to a worker of which definition, captured by a host of which. */
interface Delivery {
  readonly event: number
  readonly worker: number
  readonly host: number
}

const cases = fc.tuple(sequences, events).chain(([choices, history]) =>
  fc.record({
    choices: fc.constant(choices),
    history: fc.constant(history),
    live: fc.array(
      fc.record({
        event: fc.nat(history.length - 1),
        worker: fc.nat(choices.length - 1),
        host: fc.nat(choices.length - 1),
      }),
      { maxLength: 12 },
    ),
    late: fc.nat(12),
    order: fc.shuffledSubarray([...history.keys()], { minLength: history.length }),
  }),
)

const NOW = (): Date => new Date(0)

/** What a host sends of an event, and the generation that a worker gives it. */
async function deliver(
  target: WideMemory,
  applied: readonly Applied[],
  body: Uint8Array,
  { worker, host }: Delivery,
): Promise<void> {
  const { compiled, known } = applied[worker]!
  const { protect, definition } = applied[host]!.compiled
  const sent = protect ? encodeEvent(protect(decodeEvent(body))) : body
  const generation = generationFor(
    { compiled, known },
    { definition: definition.fingerprint, capture: definition.document.capture },
  )
  await createApplier(compiled, target, NOW).apply([sent], 'live', undefined, generation)
}

/** All the migrations of one case write to the same tables; each has a stream of its own with the same ids. */
const MIGRATIONS = ['changing', 'other']

test('whatever old and new workers and hosts write, the end equals the last definition alone after its migration', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.boolean(), async ({ choices, history, live, late, order }, isShared) => {
      const names = isShared ? MIGRATIONS : MIGRATIONS.slice(0, 1)
      const applied = applyAll(choices, names)
      const bodies = history.map((event) => encodeEvent(event))
      const target = new WideMemory()
      const expected = new WideMemory()
      for (const i of names.keys()) {
        const own = applied.map((all) => all[i]!)
        const migrating = createApplier(own.at(-1)!.compiled, target, NOW)
        for (const delivery of live.slice(0, late)) await deliver(target, own, bodies[delivery.event]!, delivery)
        for (const event of order) await migrating.apply([bodies[event]!], 'migrated')
        for (const delivery of live.slice(late)) await deliver(target, own, bodies[delivery.event]!, delivery)
        const alone = createApplier(compile(migrationOf(choices.at(-1)!, names[i])), expected, NOW)
        for (const body of bodies) await alone.apply([body], 'migrated')
      }
      const scratch = compile(migrationOf(choices.at(-1)!))
      for (const [i, relation] of applied.at(-1)![0]!.compiled.relations.entries()) {
        if (target.checksum(relation) === expected.checksum(scratch.relations[i]!)) continue
        expect(shown(target, relation)).toEqual(shown(expected, scratch.relations[i]!))
        throw new Error(`the table ${relation.name} differs`)
      }
    }),
    { numRuns: Number(process.env['CHANGEOVER_RUNS'] ?? 2000) },
  )
})

type Shown = Readonly<Record<string, unknown>>

function shown(target: WideMemory, relation: Applied['compiled']['relations'][number]): Shown[] {
  return target
    .rows(relation)
    .map((row) =>
      Object.fromEntries(
        relation.columns
          .map(({ name, logicalName = name, role }, i) => [
            logicalName,
            role === 'origin' ? 0 : row[i] instanceof Uint8Array ? Buffer.from(row[i]).toString('hex') : String(row[i]),
          ])
          .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      ),
    )
}
