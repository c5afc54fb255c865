import { expect, test } from 'vitest'
import { eventKey } from '../../src/event/index.ts'
import {
  MAX_QUARANTINED_BYTES,
  quarantinedOf,
  quarantineOf,
  quarantineRow,
  withoutBody,
} from '../../src/ledger/quarantine.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'

const key = eventKey(1)
const [first, last] = [new Date('2024-02-29T12:00:00.500Z'), new Date('2024-03-01T00:00:00Z')]
const body = Buffer.from('body')

test('a quarantined event is read back, with the times between which it was seen', () => {
  const rows = [quarantineRow(key, last, 1, 'why', body), quarantineRow(key, first, 2, 'why', body)]
  const [merged] = mergeBatch(quarantineOf({ name: 'things' }), rows)
  expect(quarantinedOf(merged!)).toEqual({
    event: key,
    firstSeen: first,
    lastSeen: last,
    generation: 2,
    reason: 'why',
    body,
  })
})

test('the reason has the size of a body that is too large to keep', () => {
  const large = Buffer.alloc(MAX_QUARANTINED_BYTES + 1)
  expect(quarantinedOf(quarantineRow(key, first, 1, 'why.', large))).toMatchObject({
    reason: `why. (Its ${large.length} bytes are not kept here.)`,
    body: undefined,
  })
  expect(quarantinedOf(quarantineRow(key, first, 1, 'why.', large.subarray(1))).body).toHaveLength(large.length - 1)
})

test('a row without its body keeps the reason, and tells the size and why the warehouse refused it', () => {
  const row = withoutBody(quarantineRow(key, first, 3, 'why.', body), 'too large')
  expect(quarantinedOf(row)).toEqual({
    event: key,
    firstSeen: first,
    lastSeen: first,
    generation: 3,
    reason: 'why. (Its 4 bytes are not kept here.) (The warehouse refused them: too large)',
    body: undefined,
  })
})
