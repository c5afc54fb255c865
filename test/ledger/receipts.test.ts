import { expect, test } from 'vitest'
import { eventKey } from '../../src/event/index.ts'
import { receiptOf, receiptRow, receiptsOf, type Outcome } from '../../src/ledger/receipts.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'

const relation = receiptsOf({ name: 'things' })
const key = eventKey(1)

test.each<Outcome>(['quarantined', 'ignored', 'applied'])(
  'a receipt of an event that was %s is read back',
  (outcome) => {
    expect(receiptOf(receiptRow(key, { position: 7n, type: -5, outcome }, 255, 'migrated'))).toEqual({
      event: key,
      position: 7n,
      type: -5,
      generation: 255,
      outcome,
      origins: ['migrated'],
    })
  },
)

test('an event without a position has a receipt', () => {
  expect(
    receiptOf(receiptRow(key, { position: undefined, type: undefined, outcome: 'quarantined' }, 1, 'live')),
  ).toMatchObject({
    position: undefined,
    type: undefined,
  })
})

test('receipts of one event merge into the greatest outcome of the latest generation, with all origins', () => {
  const rows = [
    receiptRow(key, { position: 7n, type: 9, outcome: 'applied' }, 1, 'live'),
    receiptRow(key, { position: 7n, type: 9, outcome: 'quarantined' }, 2, 'migrated'),
    receiptRow(key, { position: undefined, type: 9, outcome: 'ignored' }, 2, 'repaired'),
  ]
  for (const order of [rows, rows.toReversed()]) {
    const [merged, ...others] = mergeBatch(relation, order)
    expect(others).toEqual([])
    expect(receiptOf(merged!)).toEqual({
      event: key,
      position: 7n,
      type: 9,
      generation: 2,
      outcome: 'ignored',
      origins: ['live', 'migrated', 'repaired'],
    })
  }
})
