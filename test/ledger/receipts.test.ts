import { expect, test } from 'vitest'
import { eventKey } from '../../src/event/index.ts'
import { receiptOf, receiptRow, receiptsOf, type Outcome } from '../../src/ledger/receipts.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'

const relation = receiptsOf({ name: 'things' })
const key = eventKey(1)

test.each<Outcome>(['quarantined', 'ignored', 'applied'])(
  'a receipt of an event that was %s is read back',
  (outcome) => {
    expect(receiptOf(receiptRow(key, 7n, outcome, 255, 'migrated'))).toEqual({
      event: key,
      position: 7n,
      revision: 255,
      outcome,
      origins: ['migrated'],
    })
  },
)

test('an event without a position has a receipt', () => {
  expect(receiptOf(receiptRow(key, undefined, 'quarantined', 1, 'live')).position).toBeUndefined()
})

test('receipts of one event merge into the greatest outcome of the latest revision, with all origins', () => {
  const rows = [
    receiptRow(key, 7n, 'applied', 1, 'live'),
    receiptRow(key, 7n, 'quarantined', 2, 'migrated'),
    receiptRow(key, undefined, 'ignored', 2, 'repaired'),
  ]
  for (const order of [rows, rows.toReversed()]) {
    const [merged, ...others] = mergeBatch(relation, order)
    expect(others).toEqual([])
    expect(receiptOf(merged!)).toEqual({
      event: key,
      position: 7n,
      revision: 2,
      outcome: 'ignored',
      origins: ['live', 'migrated', 'repaired'],
    })
  }
})
