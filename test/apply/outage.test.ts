import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { ChangeoverError, mayPass } from '../../src/core/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { memoryWarehouse, type MergePort } from '../../src/warehouse/index.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly type: 'even' | 'odd'
  readonly at: Date
}
const [even, odd] = [fact('even', { key: { id: c.int() } }), fact('odd', { key: { id: c.int() } })]
const migration = defineMigration<Event>()({
  name: 'outages',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { even, odd },
  on: { even: (e) => even.create({ id: e._id }), odd: (e) => odd.create({ id: e._id }) },
})
const { receipts, quarantine } = ledgerOf(migration)
const event = (id: number): Uint8Array =>
  encodeEvent({ _id: id, seq: id, type: id % 2 === 0 ? 'even' : 'odd', at: new Date(0) })

/** How a server fails: as if it were away, in a way that nobody has met, or with no ChangeoverError at all. */
const FAILURES: Readonly<Record<string, () => Error>> = {
  away: () => new ChangeoverError('UNREACHABLE', 'away'),
  unknown: () => new ChangeoverError('FAILING', 'unknown'),
  unexpected: () => new ChangeoverError('UNEXPECTED', 'unexpected'),
  raw: () => new TypeError('undefined is not a function'),
}

/** A port that is away during some of its calls, and that always fails for rows with a key of `bad`. */
function faulty(bad: ReadonlySet<number>, isAway: (call: number) => boolean, poison: string, outage: string) {
  const warehouse = memoryWarehouse()
  let calls = 0
  const merge: MergePort['merge'] = async (relation, rows, options) => {
    if (isAway(calls++)) throw FAILURES[outage]!()
    const isData = relation !== receipts && relation.name !== receipts.name && relation.name !== quarantine.name
    if (isData && rows.some(([id]) => bad.has(id as number))) throw FAILURES[poison]!()
    await warehouse.merge(relation, rows, options)
  }
  return { warehouse, port: { merge } }
}

async function applyUntilDone(port: MergePort, ids: readonly number[]) {
  const applier = createApplier(compile(migration), port)
  // Only what passes while an event fails shows that the event is to blame.
  await applier.apply([event(100), event(101)], 'live')
  for (let tries = 0; ; tries++) {
    try {
      return await applier.apply(ids.map(event), 'live')
    } catch (thrown) {
      const isExpected = mayPass(thrown) || (thrown as ChangeoverError).code === 'UNEXPECTED'
      if (!isExpected || tries > 50) throw thrown
    }
  }
}

const ids = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 25 })
/** Outages, none of them in the first batch, with three calls and more that pass between them: one that ends between each two calls is no outage. */
const outages = fc.array(fc.tuple(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 1, max: 12 })), { maxLength: 4 })
const isAwayDuring = (windows: readonly (readonly [number, number])[]) => {
  const away = new Set<number>()
  // The tables and the receipts of the first batch.
  let at = 3
  for (const [gap, length] of windows) {
    at += gap
    for (let i = 0; i < length; i++) away.add(at++)
  }
  return (call: number): boolean => away.has(call)
}

test('events that alone fail are quarantined whatever their error, and no other is, whenever the server is away', async () => {
  await fc.assert(
    fc.asyncProperty(
      ids,
      fc.array(fc.nat(60), { maxLength: 4 }),
      outages,
      fc.constantFrom('unknown', 'unexpected', 'raw'),
      fc.constantFrom(...Object.keys(FAILURES)),
      async (batch, bad, windows, poison, outage) => {
        const poisoned = new Set(bad)
        const { port, warehouse } = faulty(poisoned, isAwayDuring(windows), poison, outage)
        const { quarantined, applied } = await applyUntilDone(port, batch)
        const expected = batch.filter((id) => poisoned.has(id)).length
        expect({ quarantined, applied }).toEqual({ quarantined: expected, applied: batch.length - expected })
        expect(warehouse.rows(quarantine)).toHaveLength(expected)
        expect(warehouse.rows(receipts)).toHaveLength(batch.length + 2)
      },
    ),
    { numRuns: 500 },
  )
})

test('an outage that does not end quarantines nothing, however often the batch is tried', async () => {
  await fc.assert(
    fc.asyncProperty(ids, fc.nat(20), fc.constantFrom(...Object.keys(FAILURES)), async (batch, from, outage) => {
      const { port, warehouse } = faulty(new Set(), (call) => call >= from, 'raw', outage)
      const applier = createApplier(compile(migration), port)
      for (let tries = 0; tries < 5; tries++) await applier.apply(batch.map(event), 'live').catch(() => {})
      expect(warehouse.rows(quarantine)).toEqual([])
    }),
  )
})

test.each(['DENIED', 'SCHEMA', 'CONFIG'] as const)(
  'an error that is not due to rows quarantines nothing: %s',
  async (code) => {
    const warehouse = memoryWarehouse()
    const port: MergePort = {
      async merge(relation, rows, options) {
        if (relation.name === odd.layout.relation.name) throw new ChangeoverError(code, 'not for rows')
        await warehouse.merge(relation, rows, options)
      },
    }
    const applier = createApplier(compile(migration), port)
    await expect(applier.apply([event(1), event(2)], 'live')).rejects.toMatchObject({ code })
    expect(warehouse.rows(quarantine)).toEqual([])
  },
)

test('an error of a whole table that may pass quarantines none of its events', async () => {
  const warehouse = memoryWarehouse()
  const port: MergePort = {
    async merge(relation, rows, options) {
      if (relation.name === odd.layout.relation.name && rows.length > 0)
        throw new ChangeoverError('FAILING', 'no insert')
      await warehouse.merge(relation, rows, options)
    },
  }
  const applier = createApplier(compile(migration), port)
  await expect(applier.apply([1, 2, 3].map(event), 'live')).rejects.toMatchObject({ code: 'FAILING' })
  expect(warehouse.rows(quarantine)).toEqual([])
  expect(warehouse.rows(receipts)).toEqual([])
})

test.each(['VALUE', 'FAILING', 'UNEXPECTED'] as const)(
  'a quarantine row that is refused (%s) is written without its body, and is counted when that is refused too',
  async (code) => {
    const warehouse = memoryWarehouse()
    const port: MergePort = {
      async merge(relation, rows, options) {
        if (relation.name === odd.layout.relation.name && rows.length > 0) throw new ChangeoverError('VALUE', 'no')
        const isQuarantine = relation.name === quarantine.name
        if (isQuarantine && rows.some((row) => (row[5] as Uint8Array).length > 0))
          throw new ChangeoverError(code, 'large')
        if (isQuarantine && rows.some((row) => String(row[4]).includes('never')))
          throw new ChangeoverError('VALUE', 'never')
        await warehouse.merge(relation, rows, options)
      },
    }
    const applier = createApplier(compile(migration), port)
    expect(await applier.apply([event(1), event(2)], 'live')).toMatchObject({
      applied: 1,
      quarantined: 1,
      unrecorded: 0,
    })
    expect(String(warehouse.rows(quarantine)[0]![4])).toMatch(
      /bytes are not kept here.*The warehouse refused them: large/,
    )
    expect(await applier.quarantine([{ body: Buffer.of(1), reason: 'never' }])).toBe(1)
    expect(warehouse.rows(receipts)).toHaveLength(2)
  },
)
