import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventKey } from '../../src/event/index.ts'
import { ledgerOf, quarantineRow, receiptRow } from '../../src/ledger/index.ts'
import type { Outcome } from '../../src/ledger/receipts.ts'
import { isSuperseded, mergeBatch, type Row } from '../../src/star/index.ts'
import { mergeRows } from '../../src/star/rows/merge.ts'
import {
  memoryWarehouse,
  mysqlWarehouse,
  type MergePort,
  type ReadPort,
  type SchemaPort,
} from '../../src/warehouse/index.ts'
import { freshTables, onServer } from '../support/fresh.ts'

const { receipts, quarantine } = ledgerOf({ name: 'things' })
const supersedes = receipts.supersedes!
const NOW = new Date(0)

/** One delivery of an event: under which generation of the mapping, and what that made of it. */
interface Delivery {
  readonly generation: number
  readonly outcome: Outcome
}
const quarantineRowOf = (id: number, generation: number): Row =>
  quarantineRow(eventKey(id), NOW, generation, 'why', Buffer.of(1))
const receiptRowOf = (id: number, { generation, outcome }: Delivery): Row =>
  receiptRow(eventKey(id), { position: 1n, type: 9, outcome }, generation, 'live')

test('however deliveries interleave, an event is in the quarantine exactly when that is its latest outcome', () => {
  const delivery = fc.record({
    generation: fc.integer({ min: 1, max: 3 }),
    outcome: fc.constantFrom<Outcome>('quarantined', 'ignored', 'applied'),
  })
  // A worker may die between any two steps; its delivery then comes again as a whole.
  const worker = fc.record({ delivery, diesAfter: fc.integer({ min: 0, max: 3 }) })
  fc.assert(
    fc.property(fc.array(worker, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), (workers, choices) => {
      let receipt: Row | undefined
      let row: Row | undefined
      const stepsOf = (of: Delivery): (() => void)[] => [
        () => {
          if (of.outcome !== 'quarantined') return
          const incoming = quarantineRowOf(1, of.generation)
          row = row ? mergeRows(quarantine, row, incoming) : incoming
        },
        () => {
          const incoming = receiptRowOf(1, of)
          receipt = receipt ? mergeRows(receipts, receipt, incoming) : incoming
        },
        () => {
          if (receipt && row && isSuperseded(supersedes, receipt, row)) row = undefined
        },
      ]
      const running = workers.map(({ delivery: of, diesAfter }) => [
        ...stepsOf(of).slice(0, diesAfter),
        ...(diesAfter < 3 ? stepsOf(of) : []),
      ])
      for (let left = running; left.length > 0; left = left.filter((steps) => steps.length > 0)) {
        left[choices.next().value! % left.length]!.shift()!()
      }
      const latest = Math.max(...workers.map(({ delivery: of }) => of.generation))
      const isQuarantined = workers
        .filter(({ delivery: of }) => of.generation === latest)
        .every(({ delivery: of }) => of.outcome === 'quarantined')
      expect(row !== undefined).toBe(isQuarantined)
    }),
    { numRuns: 5000 },
  )
})

describe.each([
  ['MySQL', () => freshTables([], [receipts, quarantine])],
  ['memory', async () => ({ warehouse: memoryWarehouse(), [Symbol.asyncDispose]: async () => {} })],
])('a receipt in %s', (_name, make) => {
  let made: { readonly warehouse: MergePort & ReadPort & Pick<SchemaPort, 'clear'> } & AsyncDisposable
  beforeAll(async () => {
    made = await make()
  })
  beforeEach(async () => {
    for (const relation of [receipts, quarantine]) await made.warehouse.clear(relation)
  })
  afterAll(() => made[Symbol.asyncDispose]())

  test('takes out of the quarantine what it outranks, and nothing else', async () => {
    const { warehouse } = made
    const ids = Array.from({ length: 1200 }, (_, id) => id)
    const rows = ids.filter((id) => id % 2 === 0).map((id) => quarantineRowOf(id, 2))
    await warehouse.merge(quarantine, mergeBatch(quarantine, rows))
    const deliveries: readonly Delivery[] = [
      { generation: 2, outcome: 'quarantined' },
      { generation: 1, outcome: 'applied' },
      { generation: 2, outcome: 'ignored' },
      { generation: 3, outcome: 'applied' },
    ]
    const given = ids.slice(0, 1000).map((id) => receiptRowOf(id, deliveries[(id >> 1) % 4]!))
    await warehouse.merge(receipts, mergeBatch(receipts, given))
    const left = await warehouse.find(
      quarantine,
      ids.map((id) => [eventKey(id)]),
    )
    const names = left.map(([key]) =>
      Number(
        Buffer.from(key as Uint8Array)
          .subarray(1)
          .toString(),
      ),
    )
    const kept = ids.filter((id) => id % 2 === 0 && (id >= 1000 || (id >> 1) % 4 < 2))
    expect(names.toSorted((a, b) => a - b)).toEqual(kept)
  })

  test('that outranks a late quarantine row is found by whoever wrote that row', async () => {
    const { warehouse } = made
    await warehouse.merge(receipts, [receiptRowOf(1, { generation: 2, outcome: 'applied' })])
    await warehouse.merge(quarantine, [quarantineRowOf(1, 1)])
    expect(await warehouse.find(quarantine, [[eventKey(1)]])).toHaveLength(1)
    await warehouse.merge(receipts, [receiptRowOf(1, { generation: 1, outcome: 'quarantined' })])
    expect(await warehouse.find(quarantine, [[eventKey(1)]])).toEqual([])
  })
})

test('a user who may not delete writes receipts all the same', async () => {
  await using made = await freshTables([], [receipts, quarantine])
  const url = new URL(made.url)
  const user = `keys_${Math.random().toString(36).slice(2, 10)}`
  await onServer(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`)
  try {
    await onServer(`GRANT SELECT, INSERT, UPDATE ON \`${url.pathname.slice(1)}\`.* TO '${user}'@'%'`)
    url.username = user
    url.password = 'secret'
    await using warehouse = mysqlWarehouse(url.href)
    await warehouse.merge(quarantine, [quarantineRowOf(1, 1)])
    for (const generation of [1, 2]) {
      await warehouse.merge(receipts, [receiptRowOf(1, { generation, outcome: 'applied' })])
    }
    expect(await made.warehouse.find(receipts, [[eventKey(1)]])).toHaveLength(1)
    expect(await made.warehouse.find(quarantine, [[eventKey(1)]])).toHaveLength(1)
  } finally {
    await onServer(`DROP USER '${user}'@'%'`)
  }
})
